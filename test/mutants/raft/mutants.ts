/** One mistake in one place of `src/raft`: `find` stands there once, and `replace` is what a tired engineer may write. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

function mutant(name: string, file: string, find: string, replace: string): Mutant {
  return { name, file, find, replace }
}

export const mutants: readonly Mutant[] = [
  // Promises and the disk.
  mutant(
    'a vote leaves before it is on disk',
    'raft.ts',
    "assert(message.term !== 0, 'a vote without its term')\n",
    'if (message.to !== this.id) break\n',
  ),
  mutant(
    'an acknowledgement leaves before the sync',
    'raft.ts',
    'case MessageType.appResp:\n        message.term = this.term\n',
    'case MessageType.appResp:\n        message.term = this.term\n        if (message.to !== this.id) break\n',
  ),
  mutant(
    'a leader counts its own append before it is on disk',
    'raft.ts',
    '    this.log.append(entries)\n',
    '    this.log.append(entries)\n    this.tracker.find(this.id)?.acknowledge(this.log.lastIndex())\n',
  ),
  mutant(
    'a cast vote is no reason to sync',
    'raw-node.ts',
    ' || vote !== this.#previousVote\n    let hardState',
    '\n    let hardState',
  ),
  mutant('a vote is forgotten in a restart', 'raft.ts', 'this.vote = config.hardState.vote', 'this.vote = NONE'),
  mutant(
    'the commit index is forgotten in a restart',
    'raft.ts',
    'this.log.commitTo(Math.max(config.hardState.commit, config.applied))',
    'this.log.commitTo(config.applied)',
  ),
  mutant(
    'the late acknowledgement of an earlier term counts',
    'step.ts',
    'if (term === raft.term) {',
    'if (term <= raft.term) {',
  ),
  mutant(
    'what was replaced since is taken for written',
    'unstable.ts',
    'if (own === term) this.#forgetUpTo(index, term)',
    'if (own >= 0) this.#forgetUpTo(index, term)',
  ),
  mutant(
    'an array that was handed out is pushed to',
    'unstable.ts',
    'if (this.#shared) {',
    'if (entries.length > 9) {',
  ),
  mutant(
    'what is not on disk yet is applied',
    'log.ts',
    'return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1)',
    'return this.committed',
  ),
  mutant(
    'what a leader promised itself in an earlier term counts in this one',
    'step.ts',
    'if (own !== undefined && raft.term === term && raft.state === LEADER) {',
    'if (own !== undefined && raft.state === LEADER) {',
  ),
  // Terms and votes.
  mutant('two votes in one term', 'election.ts', 'raft.vote === message.from ||', 'raft.vote !== NONE ||'),
  mutant(
    'a vote is kept into the next term',
    'raft.ts',
    '      this.term = term\n      this.vote = NONE\n',
    '      this.term = term\n',
  ),
  mutant(
    'the longer log does not count in a vote',
    'log.ts',
    'term > own || (term === own && index >= this.lastIndex())',
    'term >= own',
  ),
  mutant(
    'the later term does not count in a vote',
    'log.ts',
    'return term > own || (term === own && index',
    'return (index',
  ),
  mutant(
    'a message of an earlier term is listened to',
    'step.ts',
    '} else if (message.term < raft.term && message.term !== 0) {',
    '} else if (message.term < 0) {',
  ),
  mutant(
    'a pre-vote raises the term of who is asked',
    'step.ts',
    'return !ignoresVoteUnderLease(raft, message)\n',
    'if (ignoresVoteUnderLease(raft, message)) return false\n      break\n',
  ),
  mutant(
    'a pre-vote counts as a vote',
    'candidate.ts',
    'if (message.type !== (isPreCandidate ? MessageType.preVoteResp : MessageType.voteResp)) return',
    '',
  ),
  mutant(
    'votes are given while a leader is heard',
    'election.ts',
    'if (!inLease || isTransfer(message)) return false',
    'return false',
  ),
  mutant(
    'a transfer is held up by the lease',
    'election.ts',
    'if (!inLease || isTransfer(message)) return false',
    'if (!inLease) return false',
  ),
  mutant('a learner campaigns', 'raft.ts', 'own !== undefined && !own.isLearner && ', 'own !== undefined && '),
  mutant(
    'a change of the configuration is not applied before a campaign',
    'election.ts',
    '} else if (hasUnappliedConfChange(raft)) {',
    '} else if (raft.log.applied < 0) {',
  ),
  mutant(
    'a lease outlives a silence: who was active once stays so',
    'leader.ts',
    'if (progress.id !== raft.id) progress.recentActive = false',
    'if (progress.id === raft.id) progress.recentActive = true',
  ),
  mutant('a leader without a quorum goes on', 'leader.ts', '    raft.becomeFollower(raft.term, NONE)\n', ''),
  // Quorums.
  mutant(
    'an entry of an earlier term is committed by counting',
    'log.ts',
    'if (index <= this.committed || !this.matchTerm(index, term)) return false',
    'if (index <= this.committed || term < 0) return false',
  ),
  mutant(
    'half of the voters are a majority',
    'quorum.ts',
    'return indexes[count - ((count >> 1) + 1)]!',
    'return indexes[count >> 1]!',
  ),
  mutant(
    'of three voters the first is the majority',
    'quorum.ts',
    'if (a < b) return b < c ? b : a < c ? c : a',
    'if (a < b) return b < c ? c : a < c ? c : a',
  ),
  mutant(
    'a learner confirms that its leader leads',
    'tracker.ts',
    'majorityVote(voters.length, countIn(voters, ids), 0)',
    'majorityVote(voters.length, ids.length, 0)',
  ),
  mutant(
    'a learner votes in the count',
    'tracker.ts',
    'if (!voters.includes(each.id)) continue\n',
    'if (!voters.includes(each.id) && !each.isLearner) continue\n',
  ),
  mutant(
    'jointly committed is what one half has committed',
    'tracker.ts',
    'return votersOutgoing.length === 0 ? incoming : jointIndex(incoming, this.#acknowledgedIndex(votersOutgoing))',
    'return votersOutgoing.length < 0 ? jointIndex(incoming, 0) : incoming',
  ),
  mutant(
    'a joint vote is decided by one half',
    'quorum.ts',
    'if (incoming === outgoing) return incoming\n',
    'if (incoming !== VoteResult.pending) return incoming\n',
  ),
  // The log.
  mutant(
    'a follower cuts off what its leader did not mention',
    'log.ts',
    'if (conflict < entries.length) {',
    'if (entries.length > 0) {\n      const conflict = 0',
  ),
  mutant(
    'committed entries are cut off',
    'log.ts',
    "      assert(previousIndex + 1 + conflict > this.committed, 'an append conflicts with a committed entry')\n",
    '      this.committed = Math.min(this.committed, previousIndex)\n',
  ),
  mutant(
    'the entry before an append is not looked at',
    'log.ts',
    'if (!this.matchTerm(previousIndex, previousTerm)) return -1',
    'if (previousIndex > this.lastIndex()) return -1',
  ),
  mutant(
    'the term before the tail is remembered when the tail is another',
    'unstable.ts',
    '      this.termBefore = UNAVAILABLE\n',
    '',
  ),
  mutant(
    'a follower commits more than it knows to agree',
    'log.ts',
    'this.commitTo(Math.min(committed, last))',
    'this.commitTo(Math.min(committed, this.lastIndex()))',
  ),
  mutant(
    'a heartbeat commits what a follower may not have',
    'replication.ts',
    'Math.min(progress.match, raft.log.committed)',
    'raft.log.committed',
  ),
  mutant(
    'an old append is looked at again',
    'follower.ts',
    'if (message.index < log.committed) {',
    'if (message.index < 0) {',
  ),
  mutant(
    'entries are applied while a snapshot waits',
    'log.ts',
    'return !this.#applyingPaused && !this.hasSnapshotPending()',
    'return !this.#applyingPaused',
  ),
  mutant(
    'a page of committed entries has no end',
    'log.ts',
    'const room = this.countsApplyingBytes',
    'const room = this.#applyingBytes < 0',
  ),
  // Progress.
  mutant(
    'what is known to match is taken back',
    'progress.ts',
    'if (index <= this.match) return false\n    this.match',
    'if (index === this.match) return false\n    this.match',
  ),
  mutant('a stale refusal is believed', 'progress.ts', 'if (this.next - 1 !== rejected) return false\n', ''),
  mutant(
    'a probe does not wait for its answer',
    'progress.ts',
    '} else if (count > 0) {\n      this.flowPaused = true\n',
    '} else if (count < 0) {\n      this.flowPaused = true\n',
  ),
  mutant(
    'a snapshot that failed is probed behind',
    'leader.ts',
    'if (message.reject) progress.pendingSnapshot = 0',
    '',
  ),
  mutant(
    'a full window is no reason to wait',
    'replication.ts',
    'if (progress.state !== REPLICATE || !progress.isInflightFull) {',
    'if (progress.next > 0) {',
  ),
  mutant(
    'new entries go also to those who lack what is before them',
    'replication.ts',
    'progress.next === first && progress.isStreaming',
    'progress.next > 0 && progress.isStreaming',
  ),
  mutant(
    'a snapshot is sent to nobody',
    'replication.ts',
    'if (!progress.recentActive) {',
    'if (progress.match < 0) {',
  ),
  // Reads.
  mutant(
    "reads are answered before an entry of the leader's own term",
    'reads.ts',
    'if (!raft.hasCommittedInTerm) {',
    'if (raft.term < 0) {',
  ),
  mutant(
    'reads are answered without a quorum',
    'reads.ts',
    'raft.tracker.acknowledgementResult(read.acknowledgedBy) !== VoteResult.won',
    'read.acknowledgedBy.length === VoteResult.won - 3',
  ),
  mutant('reads outlive the leadership that was to answer them', 'raft.ts', '    this.readOnly.clear()\n', ''),
  // Proposals and membership.
  mutant(
    'proposals are taken in a transfer',
    'proposals.ts',
    'if (raft.leadTransferee === NONE) return true\n',
    'if (raft.leadTransferee !== -1) return true\n',
  ),
  mutant(
    'a transfer is never given up',
    'step.ts',
    'if (raft.state === StateType.leader) raft.leadTransferee = NONE',
    '',
  ),
  mutant(
    'the limit of uncommitted bytes is no limit',
    'proposals.ts',
    'if (!raft.hasRoomFor(bytes)) {',
    'if (bytes < 0) {',
  ),
  mutant(
    'two changes of the configuration at a time',
    'proposals.ts',
    'if (raft.pendingConfIndex > raft.log.applied) {',
    'if (raft.pendingConfIndex < 0) {',
  ),
  mutant(
    'a new leader forgets that a change may be unapplied',
    'raft.ts',
    '    this.pendingConfIndex = this.log.lastIndex()\n',
    '',
  ),
  mutant(
    'a joint configuration is never left',
    'proposals.ts',
    'if (!autoLeave || raft.state',
    'if (raft.log.applied >= 0 || raft.state',
  ),
  mutant(
    'a voter of the outgoing half is a learner at once',
    'reconfigure.ts',
    'if (configuration.votersOutgoing.includes(id)) configuration.learnersNext = withId(configuration.learnersNext, id)\n    else',
    '',
  ),
  mutant(
    'two voters change without a joint configuration',
    'reconfigure.ts',
    'draft.configuration.voters) > 1) {',
    'draft.configuration.voters) > 2) {',
  ),
  mutant(
    'a leader that is removed does not step down',
    'membership.ts',
    'if (raft.stepDownOnRemoval) raft.becomeFollower(raft.term, NONE)\n',
    '',
  ),
]
