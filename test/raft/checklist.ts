/**
 * What the field's best-known implementation of Raft asserts of itself, test by test, and the sentence of ours that
 * asserts it here. Names in the order in which they are listed there. A name without a sentence says why.
 */

export type Counterpart = string | { readonly why: string }

export const checklist: Readonly<Record<string, readonly (readonly [name: string, counterpart: Counterpart])[]>> = {
  'raft_paper_test.go': [
    [
      'TestFollowerUpdateTermFromMessage',
      'whatever its state, a node that hears of a higher term takes it, and follows',
    ],
    [
      'TestCandidateUpdateTermFromMessage',
      'whatever its state, a node that hears of a higher term takes it, and follows',
    ],
    ['TestLeaderUpdateTermFromMessage', 'whatever its state, a node that hears of a higher term takes it, and follows'],
    ['TestRejectStaleTermMessage', 'what is said in an earlier term is not listened to'],
    ['TestStartAsFollower', 'a node begins as a follower'],
    ['TestLeaderBcastBeat', 'a leader sends a heartbeat to every other at each interval, and to nobody in between'],
    [
      'TestFollowerStartElection',
      'who hears nothing for its election timeout raises its term, votes for itself, and asks all others',
    ],
    [
      'TestCandidateStartNewElection',
      'who hears nothing for its election timeout raises its term, votes for itself, and asks all others',
    ],
    [
      'TestLeaderElectionInOneRoundRPC',
      'one round of votes decides an election: won by a majority, lost to one, open until either',
    ],
    ['TestFollowerVote', 'a follower votes once a term, first come first served'],
    ['TestCandidateFallback', 'a candidate that hears a leader of its term or a later one returns to follow it'],
    [
      'TestFollowerElectionTimeoutRandomized',
      'the election timeouts of followers and of candidates take every value of their range',
    ],
    [
      'TestCandidateElectionTimeoutRandomized',
      'the election timeouts of followers and of candidates take every value of their range',
    ],
    [
      'TestFollowersElectionTimeoutNonconflict',
      'most elections of five followers, or of five candidates, are begun by one alone',
    ],
    [
      'TestCandidatesElectionTimeoutNonconflict',
      'most elections of five followers, or of five candidates, are begun by one alone',
    ],
    ['TestLeaderStartReplication', 'a leader appends what is proposed, and sends it to all others at once'],
    ['TestLeaderCommitEntry', 'a leader commits an entry that is on a majority, applies it, and tells the others'],
    ['TestLeaderAcknowledgeCommit', 'an entry is committed when a majority has it, and not before'],
    ['TestLeaderCommitPrecedingEntries', 'with its entry a leader commits all before it, of whatever leader'],
    ['TestFollowerCommitEntry', 'a follower applies what its leader says is committed, in the order of the log'],
    [
      'TestFollowerCheckMsgApp',
      'a follower refuses an append behind an entry that it does not have, and says where it could agree',
    ],
    [
      'TestFollowerAppendEntries',
      'a follower makes its log that of its leader: what conflicts goes, what agrees stays, what is new is added',
    ],
    ['TestLeaderSyncFollowerLog', 'a new leader brings every log of figure 7 to be its own'],
    ['TestVoteRequest', 'a candidate tells its last entry to everybody whom it asks for a vote'],
    ['TestVoter', 'nobody votes for a log that is less up to date: the later last term wins, then the longer log'],
    [
      'TestLeaderOnlyCommitsLogFromCurrentTerm',
      'acknowledgements commit an entry of the own term only, and with it those before',
    ],
  ],
  'raft_test.go': [
    // Leader transfer.
    ['TestLeaderTransferToUpToDateNode', 'leadership goes at once to a follower whose log is up to date, and back'],
    ['TestLeaderTransferToUpToDateNodeFromFollower', 'a follower passes the wish for a transfer on to its leader'],
    ['TestLeaderTransferWithCheckQuorum', 'a transfer goes through although all others hear their leader'],
    ['TestLeaderTransferToSlowFollower', 'a transfer waits until the other is up to date, and then needs no timeout'],
    ['TestLeaderTransferAfterSnapshot', 'a transfer to who needs a snapshot waits for that'],
    ['TestLeaderTransferToSelf', 'leadership is not handed to oneself, to a stranger or to a learner'],
    ['TestLeaderTransferToNonExistingNode', 'leadership is not handed to oneself, to a stranger or to a learner'],
    ['TestLeaderTransferTimeout', 'a transfer that takes longer than an election timeout is given up'],
    ['TestLeaderTransferIgnoreProposal', 'while leadership is handed over no proposal is taken'],
    ['TestLeaderTransferReceiveHigherTermVote', 'a transfer ends when a third is elected'],
    ['TestLeaderTransferRemoveNode', 'a transfer ends when who was to take over is removed or made a learner'],
    ['TestLeaderTransferDemoteNode', 'a transfer ends when who was to take over is removed or made a learner'],
    ['TestLeaderTransferBack', 'a leader that is asked to take over itself takes the transfer back'],
    ['TestLeaderTransferSecondTransferToAnotherNode', 'a transfer to another takes the place of the one under way'],
    ['TestLeaderTransferSecondTransferToSameNode', 'who asks again for the same transfer does not prolong it'],
    ['TestTransferNonMember', 'a node outside of its own configuration does not take over, whoever asks'],
    // Read index.
    ['TestRaftFreesReadOnlyMem', 'reads that were answered are forgotten, and heartbeats carry them no more'],
    ['TestReadOnlyOptionSafe', 'a read is answered with the commit index of its time, after a round to a quorum'],
    ['TestReadOnlyWithLearner', 'a learner may ask for a read, and gets the answer itself'],
    ['TestReadOnlyOptionLease', 'under a lease a read is answered at once'],
    [
      'TestReadOnlyForNewLeader',
      'a new leader answers reads only when an entry of its own term is committed, also if it is alone',
    ],
    ['TestReadOnlyDuplicateRequest', 'the same read asked twice is answered once'],
    // Snapshots.
    [
      'TestSendAppendForProgressSnapshot',
      'while a snapshot is under way its follower gets heartbeats, and nothing else',
    ],
    ['TestRestore', 'a snapshot takes the place of log and configuration, and an older one does not'],
    ['TestRestoreWithLearner', 'a snapshot takes the place of log and configuration, and an older one does not'],
    ['TestRestoreWithVotersOutgoing', 'a snapshot takes the place of log and configuration, and an older one does not'],
    ['TestRestoreVoterToLearner', 'a snapshot may make a learner of a voter, and a voter of a learner'],
    ['TestRestoreLearnerPromotion', 'a snapshot may make a learner of a voter, and a voter of a learner'],
    ['TestLearnerReceiveSnapshot', 'a learner is brought up to date by a snapshot'],
    ['TestRestoreIgnoreSnapshot', 'a snapshot of what the log holds already only moves the commit index'],
    ['TestProvideSnap', 'a follower that is known not to have what was compacted is sent a snapshot'],
    ['TestIgnoreProvidingSnap', 'no snapshot is sent to who has not been heard of since the last check of the quorum'],
    ['TestRestoreFromSnapMsg', 'who sends a snapshot in a term leads it'],
    ['TestSlowNodeRestore', 'a slow follower is caught up by a snapshot, and then by the log'],
    // Elections and votes.
    ['TestLeaderElection', 'who is heard by a majority is elected, unless too many logs are ahead'],
    ['TestLeaderElectionPreVote', 'who is heard by a majority is elected, unless too many logs are ahead'],
    ['TestLearnerElectionTimeout', 'a learner does not campaign, however long it hears nothing'],
    ['TestLearnerPromotion', 'a learner is brought up to date, votes for nobody in the count, and is promoted'],
    ['TestLearnerCanVote', 'a learner that is asked for its vote gives it'],
    ['TestLeaderCycle', 'each node in its turn can be elected, and the one before gives way'],
    ['TestLeaderCyclePreVote', 'each node in its turn can be elected, and the one before gives way'],
    [
      'TestLeaderElectionOverwriteNewerLogs',
      'a leader overwrites newer entries that were never committed, after losing once to learn the term',
    ],
    [
      'TestLeaderElectionOverwriteNewerLogsPreVote',
      'a leader overwrites newer entries that were never committed, after losing once to learn the term',
    ],
    ['TestVoteFromAnyState', 'whatever its state, a node votes in a later term; and by a pre-vote nothing changes'],
    ['TestPreVoteFromAnyState', 'whatever its state, a node votes in a later term; and by a pre-vote nothing changes'],
    [
      'TestDuelingCandidates',
      'of two candidates the one that is heard by a majority wins, and the other follows when the network is whole',
    ],
    ['TestDuelingPreCandidates', 'of two pre-candidates the one that loses disturbs nobody when the network is whole'],
    ['TestCandidateConcede', 'a candidate that hears of a leader in its term concedes, and takes its log'],
    ['TestSingleNodeCandidate', 'alone in its group, a node elects itself'],
    ['TestSingleNodePreCandidate', 'alone in its group, a node elects itself'],
    [
      'TestPastElectionTimeout',
      'election timeouts are drawn from the whole of [ticks, 2 × ticks), and anew for each election',
    ],
    ['TestRecvMsgVote', 'a vote, or a pre-vote, goes to who is as up to date, if the term has no other vote'],
    ['TestRecvMsgPreVote', 'a vote, or a pre-vote, goes to who is as up to date, if the term has no other vote'],
    ['TestStateTransition', 'only these changes of state are possible'],
    ['TestAllServerStepdown', 'only appends, heartbeats and snapshots of a higher term say who leads it'],
    [
      'TestCandidateResetTermMsgHeartbeat',
      'a candidate follows the leader of its term, be it told by a heartbeat or by an append',
    ],
    [
      'TestCandidateResetTermMsgApp',
      'a candidate follows the leader of its term, be it told by a heartbeat or by an append',
    ],
    [
      'TestCandidateSelfVoteAfterLostElection',
      'an own vote that reaches the disk after the election was lost makes nobody leader',
    ],
    [
      'TestCandidateSelfVoteAfterLostElectionPreVote',
      'an own vote that reaches the disk after the election was lost makes nobody leader',
    ],
    [
      'TestCandidateDeliversPreCandidateSelfVoteAfterBecomingCandidate',
      'an own pre-vote that comes after its candidate has become one is no vote',
    ],
    [
      'TestLeaderMsgAppSelfAckAfterTermChange',
      'an own acknowledgement that comes after the leader was deposed counts for nothing',
    ],
    ['TestLeaderStepdownWhenQuorumActive', 'under check-quorum a leader that hears a quorum goes on'],
    ['TestLeaderStepdownWhenQuorumLost', 'a leader that hears no quorum steps down'],
    [
      'TestLeaderSupersedingWithCheckQuorum',
      'under check-quorum a new leader is elected when the old one has been silent, and not before',
    ],
    [
      'TestLeaderElectionWithCheckQuorum',
      'under check-quorum a new leader is elected when the old one has been silent, and not before',
    ],
    [
      'TestFreeStuckCandidateWithCheckQuorum',
      'a candidate that is stuck in a later term is freed when its answer deposes the leader',
    ],
    ['TestNonPromotableVoterWithCheckQuorum', 'who is not in its own configuration follows, and does not campaign'],
    [
      'TestDisruptiveFollower',
      'a follower whose term ran ahead deposes its leader, who learns of the term by an answer',
    ],
    ['TestDisruptiveFollowerPreVote', 'with pre-votes a follower that was cut off does not disturb its leader'],
    ['TestPromotable', 'who may campaign is a voter of its own configuration'],
    ['TestCampaignWhileLeader', 'a leader that is told to campaign, or to take over, goes on leading'],
    ['TestPreCampaignWhileLeader', 'a leader that is told to campaign, or to take over, goes on leading'],
    [
      'TestNodeWithSmallerTermCanCompleteElection',
      'a node with a smaller term completes its election once the later term is known to it',
    ],
    ['TestPreVoteWithSplitVote', 'after a split vote the next election with pre-votes has a winner'],
    ['TestPreVoteWithCheckQuorum', 'a pre-candidate, who knows no leader, takes part in the pre-vote of another'],
    [
      'TestLearnerCampaign',
      'a learner does not campaign: not in time, not on demand, not when it is told to take over',
    ],
    [
      'TestPreVoteMigrationCanCompleteElection',
      'a group that changes over to pre-votes completes elections, though one of it is ahead in its term',
    ],
    [
      'TestPreVoteMigrationWithFreeStuckPreCandidate',
      'a pre-candidate that is ahead in its term is freed by deposing its leader',
    ],
    [
      'TestConfChangeCheckBeforeCampaign',
      'who has a committed change of the configuration to apply does that before it campaigns',
    ],
    [
      'TestConfChangeV2CheckBeforeCampaign',
      'who has a committed change of the configuration to apply does that before it campaigns',
    ],
    // Configuration changes, learners.
    ['TestLearnerLogReplication', 'a learner is brought up to date, votes for nobody in the count, and is promoted'],
    [
      'TestStepConfig',
      'a change of the configuration is refused while another may be unapplied, and an empty entry stands in its place',
    ],
    [
      'TestStepIgnoreConfig',
      'a change of the configuration is refused while another may be unapplied, and an empty entry stands in its place',
    ],
    [
      'TestNewLeaderPendingConfig',
      'a new leader takes no change of the configuration before it has applied what its predecessors left',
    ],
    ['TestAddNode', 'members are added and removed, voters and learners, and named in ascending order'],
    ['TestAddLearner', 'members are added and removed, voters and learners, and named in ascending order'],
    [
      'TestAddNodeCheckQuorum',
      'a new member counts as active until the next check of the quorum, so that its adding deposes nobody',
    ],
    ['TestRemoveNode', 'members are added and removed, voters and learners, and named in ascending order'],
    ['TestRemoveLearner', 'members are added and removed, voters and learners, and named in ascending order'],
    ['TestRaftNodes', 'members are added and removed, voters and learners, and named in ascending order'],
    ['TestCommitAfterRemoveNode', 'removing a member may commit what waited for it'],
    // Replication, progress, flow control.
    ['TestProgressLeader', 'a leader counts its own disk as it counts the others'],
    [
      'TestProgressResumeByHeartbeatResp',
      "a heartbeat's answer lifts the pause of a probe, and the beat itself does not",
    ],
    ['TestProgressPaused', 'a follower that cannot be reached is probed, not flooded'],
    [
      'TestProgressFlowControl',
      'appends are cut by size: one entry while probing, then as many messages as the window holds',
    ],
    ['TestUncommittedEntryLimit', 'the budget shrinks by what is under way, and grows again when that is applied'],
    ['TestLogReplication', 'what a leader takes is on all nodes and committed, whichever of them leads'],
    ['TestSingleNodeCommit', 'alone in its group, a node commits what it has written'],
    [
      'TestCannotCommitWithoutNewTermEntry',
      'entries of an earlier term are committed only by way of one of the own term',
    ],
    ['TestCommitWithoutNewTermEntry', 'entries of an earlier term are committed only by way of one of the own term'],
    ['TestOldMessages', 'appends of an earlier leader are not taken, though they come late and look well'],
    ['TestProposal', 'a proposal is committed when a majority can be reached, and stays where it is if not'],
    ['TestProposalByProxy', 'a follower sends proposals on to its leader, if it is not told otherwise'],
    ['TestCommit', 'the commit index is the highest of the own term that a majority has'],
    ['TestStepIgnoreOldTermMsg', 'what is said in an earlier term is not listened to'],
    ['TestHandleMsgApp', 'an append is refused, taken or cuts the log, and commits what it has made sure of'],
    ['TestHandleHeartbeat', 'a heartbeat moves the commit index forward and never back'],
    [
      'TestHandleHeartbeatResp',
      "a heartbeat's answer from who is behind draws an append, and from who is not draws none",
    ],
    ['TestMsgAppRespWaitReset', 'a probe that was answered is sent anew with what has come since, and only then'],
    ['TestLeaderAppResp', 'an answer moves what is known of its follower as it says, and what is stale moves nothing'],
    ['TestBcastBeat', 'a heartbeat tells each follower to commit what it is known to have'],
    ['TestRecvMsgBeat', 'only a leader beats'],
    [
      'TestLeaderIncreaseNext',
      'where the next append begins moves with what was sent while replicating, and not while probing',
    ],
    [
      'TestSendAppendForProgressProbe',
      'while it probes, a leader sends one append with entries at each answer, and nothing in between',
    ],
    ['TestSendAppendForProgressReplicate', 'while it replicates, a leader sends each append at once'],
    ['TestRecvMsgUnreachable', 'who cannot be reached is probed again from what it has'],
    ['TestFastLogRejection', 'a log of conflicting terms is found in one refusal for each, and not entry by entry'],
    [
      'TestLogReplicationWithReorderedMessage',
      'appends that come in another order than they were sent, and refusals of them, end in the same log',
    ],
  ],
  'raft_snap_test.go': [
    ['TestSendingSnapshotSetPendingSnapshot', 'a snapshot that is sent is remembered as under way'],
    [
      'TestPendingSnapshotPauseReplication',
      'while a snapshot is under way its follower gets heartbeats, and nothing else',
    ],
    ['TestSnapshotFailure', 'a snapshot that failed is probed for from what matches, after a pause'],
    ['TestSnapshotSucceed', 'a snapshot that arrived is probed behind, after a pause'],
    ['TestSnapshotAbort', "a follower's own word that it is behind the snapshot ends the wait for it"],
  ],
  'raft_flow_control_test.go': [
    ['TestMsgAppFlowControlFull', 'appends go out one by one until the window is full, and then none does'],
    [
      'TestMsgAppFlowControlMoveForward',
      'an acknowledgement moves the window up to what it names, and an old one does not',
    ],
    [
      'TestMsgAppFlowControlRecvHeartbeat',
      "a heartbeat's answer lets one empty append through a full window, however many answers there are",
    ],
  ],
  'rawnode_test.go': [
    ['TestRawNodeStep', 'messages of every kind are stepped, but for those that a node says to itself'],
    [
      'TestRawNodeProposeAndConfChange',
      'what is proposed is applied in its place, changes of the configuration of either form among it',
    ],
    [
      'TestRawNodeJointAutoLeave',
      'a joint configuration is left automatically once it is applied, and a new leader leaves it for the old',
    ],
    [
      'TestRawNodeProposeAddDuplicateNode',
      'a member that is added twice is there once, and the second change is an entry like any other',
    ],
    ['TestRawNodeReadIndex', 'a read comes back in a Ready with the index that must be applied before it is answered'],
    ['TestRawNodeStart', 'a new node of one voter elects itself, commits, and has nothing more to say'],
    ['TestRawNodeRestart', 'a node that restarts hands out what is committed, and nothing of what is not'],
    ['TestRawNodeRestartFromSnapshot', 'a node that restarts from a snapshot hands out only what is behind it'],
    ['TestRawNodeStatus', 'a leader shows the progress of all, and who does not lead is not asked'],
    [
      'TestRawNodeCommitPaginationAfterRestart',
      'after a restart, too, committed entries come in pages, none of them lost or given twice',
    ],
    [
      'TestRawNodeBoundedLogGrowthWithPartition',
      'the log of a leader that reaches nobody does not grow over the limit',
    ],
    ['TestRawNodeConsumeReady', 'a Ready that was taken is not given again, and what comes meanwhile is in the next'],
  ],
  'log_test.go': [
    ['TestFindConflict', 'the first entry that conflicts is found, and an append of what is here changes nothing'],
    ['TestFindConflictByTerm', 'the hint for a conflict skips the terms that the other log cannot have'],
    ['TestIsUpToDate', 'the newer log is the one with the later last term, then the longer one'],
    ['TestAppend', 'a leader appends behind its log, or over the part of it that is not committed'],
    ['TestLogMaybeAppend', 'a follower takes an append that matches, with as much of the commit index as it covers'],
    ['TestCompactionSideEffects', 'compaction takes the old entries and leaves everything else'],
    [
      'TestHasNextCommittedEnts',
      'nothing is handed out to be applied while a snapshot waits, while too much is under way, or beyond the commit',
    ],
    [
      'TestNextCommittedEnts',
      'nothing is handed out to be applied while a snapshot waits, while too much is under way, or beyond the commit',
    ],
    ['TestAcceptApplying', 'handing out pauses at the limit of bytes, and goes on when enough of that is applied'],
    ['TestAppliedTo', 'handing out pauses at the limit of bytes, and goes on when enough of that is applied'],
    ['TestNextUnstableEnts', 'entries are unstable from where the storage ends, until they are acknowledged'],
    ['TestCommitTo', 'a committed entry is never overwritten'],
    [
      'TestStableTo',
      'only entries that match in index and term become stable, and none that a snapshot has taken the place of',
    ],
    [
      'TestStableToWithSnap',
      'only entries that match in index and term become stable, and none that a snapshot has taken the place of',
    ],
    ['TestCompaction', 'compaction goes up to an index that is there, and no further'],
    ['TestLogRestore', 'a log that begins behind a snapshot is empty, and knows the term that comes before'],
    ['TestIsOutOfBounds', 'a slice outside of the log is a bug, and one below what is kept is not to be had'],
    ['TestTerm', 'terms are known from the compaction point to the last entry'],
    ['TestTermWithUnstableSnapshot', 'terms below a snapshot that waits are not told, whatever the storage holds'],
    ['TestSlice', 'a slice over both parts of the log is one, and ends where the limit says'],
    ['TestScan', 'a log read page by page is the log'],
  ],
  'log_unstable_test.go': [
    ['TestUnstableMaybeFirstIndex', 'what it holds begins and ends where its entries and its snapshot say'],
    ['TestMaybeLastIndex', 'what it holds begins and ends where its entries and its snapshot say'],
    ['TestUnstableMaybeTerm', 'it knows the terms of its entries and of nothing else'],
    ['TestUnstableRestore', 'a snapshot begins the log anew, is handed out once, and goes when it is stable'],
    [
      'TestUnstableNextEntries',
      'what is handed out is handed out once: entries from where the writing is, a snapshot until it is taken',
    ],
    ['TestUnstableNextSnapshot', 'a snapshot begins the log anew, is handed out once, and goes when it is stable'],
    [
      'TestUnstableAcceptInProgress',
      'what is handed out is handed out once: entries from where the writing is, a snapshot until it is taken',
    ],
    ['TestUnstableStableTo', 'an acknowledgement within what is being written leaves the rest as being written'],
    ['TestUnstableTruncateAndAppend', 'an append over what is being written takes back as much of it as it replaces'],
  ],
  'tracker/inflights_test.go': [
    ['TestInflightsAdd', 'a window does what a list of (index, bytes) does, whatever its size and however it wraps'],
    ['TestInflightFreeTo', 'what is freed are the appends up to the index, be it that of one of them or not'],
    ['TestInflightsFull', 'a window is full by messages or by bytes, and empty again when it is reset'],
    ['TestInflightsReset', 'a window is full by messages or by bytes, and empty again when it is reset'],
  ],
  'tracker/progress_test.go': [
    ['TestProgressString', 'its description names what is out of the ordinary'],
    [
      'TestProgressIsPaused',
      'a follower is paused while its probe is under way, its window is full, or a snapshot is on its way',
    ],
    ['TestProgressResume', 'a refusal and an acknowledgement each end a pause'],
    ['TestProgressBecomeProbe', 'a probe begins behind what matches, or behind the snapshot that was sent'],
    ['TestProgressBecomeReplicate', 'replication begins behind what matches'],
    ['TestProgressBecomeSnapshot', 'a snapshot that is sent is waited for, and what comes next is behind it'],
    ['TestProgressUpdate', 'an acknowledgement moves match and next as far as it goes, and never back'],
    [
      'TestProgressMaybeDecr',
      'a refusal moves next back to the hint, never below what matches, and a stale one not at all',
    ],
  ],
  'confchange, quorum': [
    ['TestConfChangeQuick', 'simple changes one by one end where the same changes end jointly'],
    ['TestRestore', 'a configuration that is restored is the one that was stored, joint or not'],
    ['TestQuick', 'a majority has committed what more than half of the voters have acknowledged'],
  ],
}
