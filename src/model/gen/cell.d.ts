import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace cellarium. */
export namespace cellarium {

    /**
     * Properties of an Epoch.
     * @deprecated Use cellarium.Epoch.$Properties instead.
     */
    interface IEpoch extends cellarium.Epoch.$Properties {
    }

    /** Represents an Epoch. */
    class Epoch {

        /**
         * Constructs a new Epoch.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.Epoch.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Epoch version. */
        version: number;

        /** Epoch confVer. */
        confVer: number;

        /**
         * Encodes the specified Epoch message. Does not implicitly {@link cellarium.Epoch.verify|verify} messages.
         * @param message Epoch message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.Epoch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Epoch message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.Epoch & cellarium.Epoch.$Shape} Epoch
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.Epoch & cellarium.Epoch.$Shape;
    }

    namespace Epoch {

        /** Properties of an Epoch. */
        interface $Properties {

            /** Epoch version */
            version?: (number|null);

            /** Epoch confVer */
            confVer?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Epoch. */
        type $Shape = cellarium.Epoch.$Properties;
    }

    /**
     * Properties of a Peer.
     * @deprecated Use cellarium.Peer.$Properties instead.
     */
    interface IPeer extends cellarium.Peer.$Properties {
    }

    /** Represents a Peer. */
    class Peer {

        /**
         * Constructs a new Peer.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.Peer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Peer id. */
        id: number;

        /** Peer store. */
        store: number;

        /** Peer learner. */
        learner: boolean;

        /**
         * Encodes the specified Peer message. Does not implicitly {@link cellarium.Peer.verify|verify} messages.
         * @param message Peer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.Peer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Peer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.Peer & cellarium.Peer.$Shape} Peer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.Peer & cellarium.Peer.$Shape;
    }

    namespace Peer {

        /** Properties of a Peer. */
        interface $Properties {

            /** Peer id */
            id?: (number|null);

            /** Peer store */
            store?: (number|null);

            /** Peer learner */
            learner?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Peer. */
        type $Shape = cellarium.Peer.$Properties;
    }

    /**
     * Properties of a Cell.
     * @deprecated Use cellarium.Cell.$Properties instead.
     */
    interface ICell extends cellarium.Cell.$Properties {
    }

    /** Represents a Cell. */
    class Cell {

        /**
         * Constructs a new Cell.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.Cell.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Cell id. */
        id: number;

        /** Cell system. */
        system: boolean;

        /** Cell start. */
        start: Uint8Array;

        /** Cell end. */
        end: Uint8Array;

        /** Cell epoch. */
        epoch?: (cellarium.Epoch.$Properties|null);

        /** Cell peers. */
        peers: cellarium.Peer.$Properties[];

        /**
         * Encodes the specified Cell message. Does not implicitly {@link cellarium.Cell.verify|verify} messages.
         * @param message Cell message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.Cell.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Cell message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.Cell & cellarium.Cell.$Shape} Cell
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.Cell & cellarium.Cell.$Shape;
    }

    namespace Cell {

        /** Properties of a Cell. */
        interface $Properties {

            /** Cell id */
            id?: (number|null);

            /** Cell system */
            system?: (boolean|null);

            /** Cell start */
            start?: (Uint8Array|null);

            /** Cell end */
            end?: (Uint8Array|null);

            /** Cell epoch */
            epoch?: (cellarium.Epoch.$Properties|null);

            /** Cell peers */
            peers?: (cellarium.Peer.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Cell. */
        type $Shape = cellarium.Cell.$Properties;
    }

    /**
     * Properties of a ConfState.
     * @deprecated Use cellarium.ConfState.$Properties instead.
     */
    interface IConfState extends cellarium.ConfState.$Properties {
    }

    /** Represents a ConfState. */
    class ConfState {

        /**
         * Constructs a new ConfState.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.ConfState.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ConfState voters. */
        voters: number[];

        /** ConfState votersOutgoing. */
        votersOutgoing: number[];

        /** ConfState learners. */
        learners: number[];

        /** ConfState learnersNext. */
        learnersNext: number[];

        /** ConfState autoLeave. */
        autoLeave: boolean;

        /**
         * Encodes the specified ConfState message. Does not implicitly {@link cellarium.ConfState.verify|verify} messages.
         * @param message ConfState message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.ConfState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ConfState message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.ConfState & cellarium.ConfState.$Shape} ConfState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.ConfState & cellarium.ConfState.$Shape;
    }

    namespace ConfState {

        /** Properties of a ConfState. */
        interface $Properties {

            /** ConfState voters */
            voters?: (number[]|null);

            /** ConfState votersOutgoing */
            votersOutgoing?: (number[]|null);

            /** ConfState learners */
            learners?: (number[]|null);

            /** ConfState learnersNext */
            learnersNext?: (number[]|null);

            /** ConfState autoLeave */
            autoLeave?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ConfState. */
        type $Shape = cellarium.ConfState.$Properties;
    }

    /**
     * Properties of a CellState.
     * @deprecated Use cellarium.CellState.$Properties instead.
     */
    interface ICellState extends cellarium.CellState.$Properties {
    }

    /** Represents a CellState. */
    class CellState {

        /**
         * Constructs a new CellState.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.CellState.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CellState cell. */
        cell?: (cellarium.Cell.$Properties|null);

        /** CellState peer. */
        peer: number;

        /** CellState appliedIndex. */
        appliedIndex: number;

        /** CellState appliedTerm. */
        appliedTerm: number;

        /** CellState clockFloorMs. */
        clockFloorMs: number;

        /** CellState keys. */
        keys: number;

        /** CellState sizeBytes. */
        sizeBytes: number;

        /** CellState confState. */
        confState?: (cellarium.ConfState.$Properties|null);

        /** CellState installing. */
        installing: boolean;

        /** CellState merging. */
        merging?: (cellarium.Merging.$Properties|null);

        /** CellState absorbed. */
        absorbed: cellarium.Absorbed.$Properties[];

        /**
         * Encodes the specified CellState message. Does not implicitly {@link cellarium.CellState.verify|verify} messages.
         * @param message CellState message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.CellState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CellState message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.CellState & cellarium.CellState.$Shape} CellState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.CellState & cellarium.CellState.$Shape;
    }

    namespace CellState {

        /** Properties of a CellState. */
        interface $Properties {

            /** CellState cell */
            cell?: (cellarium.Cell.$Properties|null);

            /** CellState peer */
            peer?: (number|null);

            /** CellState appliedIndex */
            appliedIndex?: (number|null);

            /** CellState appliedTerm */
            appliedTerm?: (number|null);

            /** CellState clockFloorMs */
            clockFloorMs?: (number|null);

            /** CellState keys */
            keys?: (number|null);

            /** CellState sizeBytes */
            sizeBytes?: (number|null);

            /** CellState confState */
            confState?: (cellarium.ConfState.$Properties|null);

            /** CellState installing */
            installing?: (boolean|null);

            /** CellState merging */
            merging?: (cellarium.Merging.$Properties|null);

            /** CellState absorbed */
            absorbed?: (cellarium.Absorbed.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CellState. */
        type $Shape = cellarium.CellState.$Properties;
    }

    /**
     * Properties of a Merging.
     * @deprecated Use cellarium.Merging.$Properties instead.
     */
    interface IMerging extends cellarium.Merging.$Properties {
    }

    /** Represents a Merging. */
    class Merging {

        /**
         * Constructs a new Merging.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.Merging.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Merging target. */
        target: number;

        /** Merging targetEpoch. */
        targetEpoch?: (cellarium.Epoch.$Properties|null);

        /** Merging index. */
        index: number;

        /**
         * Encodes the specified Merging message. Does not implicitly {@link cellarium.Merging.verify|verify} messages.
         * @param message Merging message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.Merging.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Merging message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.Merging & cellarium.Merging.$Shape} Merging
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.Merging & cellarium.Merging.$Shape;
    }

    namespace Merging {

        /** Properties of a Merging. */
        interface $Properties {

            /** Merging target */
            target?: (number|null);

            /** Merging targetEpoch */
            targetEpoch?: (cellarium.Epoch.$Properties|null);

            /** Merging index */
            index?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Merging. */
        type $Shape = cellarium.Merging.$Properties;
    }

    /**
     * Properties of an Absorbed.
     * @deprecated Use cellarium.Absorbed.$Properties instead.
     */
    interface IAbsorbed extends cellarium.Absorbed.$Properties {
    }

    /** Represents an Absorbed. */
    class Absorbed {

        /**
         * Constructs a new Absorbed.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.Absorbed.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Absorbed cell. */
        cell: number;

        /** Absorbed index. */
        index: number;

        /**
         * Encodes the specified Absorbed message. Does not implicitly {@link cellarium.Absorbed.verify|verify} messages.
         * @param message Absorbed message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.Absorbed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Absorbed message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.Absorbed & cellarium.Absorbed.$Shape} Absorbed
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.Absorbed & cellarium.Absorbed.$Shape;
    }

    namespace Absorbed {

        /** Properties of an Absorbed. */
        interface $Properties {

            /** Absorbed cell */
            cell?: (number|null);

            /** Absorbed index */
            index?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Absorbed. */
        type $Shape = cellarium.Absorbed.$Properties;
    }

    /**
     * Properties of a PrepareMerge.
     * @deprecated Use cellarium.PrepareMerge.$Properties instead.
     */
    interface IPrepareMerge extends cellarium.PrepareMerge.$Properties {
    }

    /** Represents a PrepareMerge. */
    class PrepareMerge {

        /**
         * Constructs a new PrepareMerge.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.PrepareMerge.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PrepareMerge epoch. */
        epoch?: (cellarium.Epoch.$Properties|null);

        /** PrepareMerge target. */
        target: number;

        /** PrepareMerge targetEpoch. */
        targetEpoch?: (cellarium.Epoch.$Properties|null);

        /**
         * Encodes the specified PrepareMerge message. Does not implicitly {@link cellarium.PrepareMerge.verify|verify} messages.
         * @param message PrepareMerge message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.PrepareMerge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PrepareMerge message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.PrepareMerge & cellarium.PrepareMerge.$Shape} PrepareMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.PrepareMerge & cellarium.PrepareMerge.$Shape;
    }

    namespace PrepareMerge {

        /** Properties of a PrepareMerge. */
        interface $Properties {

            /** PrepareMerge epoch */
            epoch?: (cellarium.Epoch.$Properties|null);

            /** PrepareMerge target */
            target?: (number|null);

            /** PrepareMerge targetEpoch */
            targetEpoch?: (cellarium.Epoch.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PrepareMerge. */
        type $Shape = cellarium.PrepareMerge.$Properties;
    }

    /**
     * Properties of a CommitMerge.
     * @deprecated Use cellarium.CommitMerge.$Properties instead.
     */
    interface ICommitMerge extends cellarium.CommitMerge.$Properties {
    }

    /** Represents a CommitMerge. */
    class CommitMerge {

        /**
         * Constructs a new CommitMerge.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.CommitMerge.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CommitMerge source. */
        source: number;

        /** CommitMerge sourceVersion. */
        sourceVersion: number;

        /** CommitMerge preparedIndex. */
        preparedIndex: number;

        /** CommitMerge start. */
        start: Uint8Array;

        /** CommitMerge end. */
        end: Uint8Array;

        /** CommitMerge targetEpoch. */
        targetEpoch?: (cellarium.Epoch.$Properties|null);

        /**
         * Encodes the specified CommitMerge message. Does not implicitly {@link cellarium.CommitMerge.verify|verify} messages.
         * @param message CommitMerge message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.CommitMerge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CommitMerge message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.CommitMerge & cellarium.CommitMerge.$Shape} CommitMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.CommitMerge & cellarium.CommitMerge.$Shape;
    }

    namespace CommitMerge {

        /** Properties of a CommitMerge. */
        interface $Properties {

            /** CommitMerge source */
            source?: (number|null);

            /** CommitMerge sourceVersion */
            sourceVersion?: (number|null);

            /** CommitMerge preparedIndex */
            preparedIndex?: (number|null);

            /** CommitMerge start */
            start?: (Uint8Array|null);

            /** CommitMerge end */
            end?: (Uint8Array|null);

            /** CommitMerge targetEpoch */
            targetEpoch?: (cellarium.Epoch.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CommitMerge. */
        type $Shape = cellarium.CommitMerge.$Properties;
    }

    /**
     * Properties of a RefuseMerge.
     * @deprecated Use cellarium.RefuseMerge.$Properties instead.
     */
    interface IRefuseMerge extends cellarium.RefuseMerge.$Properties {
    }

    /** Represents a RefuseMerge. */
    class RefuseMerge {

        /**
         * Constructs a new RefuseMerge.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.RefuseMerge.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RefuseMerge source. */
        source: number;

        /** RefuseMerge targetVersion. */
        targetVersion: number;

        /**
         * Encodes the specified RefuseMerge message. Does not implicitly {@link cellarium.RefuseMerge.verify|verify} messages.
         * @param message RefuseMerge message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.RefuseMerge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RefuseMerge message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.RefuseMerge & cellarium.RefuseMerge.$Shape} RefuseMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.RefuseMerge & cellarium.RefuseMerge.$Shape;
    }

    namespace RefuseMerge {

        /** Properties of a RefuseMerge. */
        interface $Properties {

            /** RefuseMerge source */
            source?: (number|null);

            /** RefuseMerge targetVersion */
            targetVersion?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RefuseMerge. */
        type $Shape = cellarium.RefuseMerge.$Properties;
    }

    /**
     * Properties of a RollbackMerge.
     * @deprecated Use cellarium.RollbackMerge.$Properties instead.
     */
    interface IRollbackMerge extends cellarium.RollbackMerge.$Properties {
    }

    /** Represents a RollbackMerge. */
    class RollbackMerge {

        /**
         * Constructs a new RollbackMerge.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.RollbackMerge.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RollbackMerge preparedIndex. */
        preparedIndex: number;

        /**
         * Encodes the specified RollbackMerge message. Does not implicitly {@link cellarium.RollbackMerge.verify|verify} messages.
         * @param message RollbackMerge message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.RollbackMerge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RollbackMerge message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.RollbackMerge & cellarium.RollbackMerge.$Shape} RollbackMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.RollbackMerge & cellarium.RollbackMerge.$Shape;
    }

    namespace RollbackMerge {

        /** Properties of a RollbackMerge. */
        interface $Properties {

            /** RollbackMerge preparedIndex */
            preparedIndex?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RollbackMerge. */
        type $Shape = cellarium.RollbackMerge.$Properties;
    }

    /**
     * Properties of a MembershipChange.
     * @deprecated Use cellarium.MembershipChange.$Properties instead.
     */
    interface IMembershipChange extends cellarium.MembershipChange.$Properties {
    }

    /** Represents a MembershipChange. */
    class MembershipChange {

        /**
         * Constructs a new MembershipChange.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.MembershipChange.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MembershipChange peers. */
        peers: cellarium.Peer.$Properties[];

        /** MembershipChange epoch. */
        epoch?: (cellarium.Epoch.$Properties|null);

        /**
         * Encodes the specified MembershipChange message. Does not implicitly {@link cellarium.MembershipChange.verify|verify} messages.
         * @param message MembershipChange message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.MembershipChange.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MembershipChange message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.MembershipChange & cellarium.MembershipChange.$Shape} MembershipChange
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.MembershipChange & cellarium.MembershipChange.$Shape;
    }

    namespace MembershipChange {

        /** Properties of a MembershipChange. */
        interface $Properties {

            /** MembershipChange peers */
            peers?: (cellarium.Peer.$Properties[]|null);

            /** MembershipChange epoch */
            epoch?: (cellarium.Epoch.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MembershipChange. */
        type $Shape = cellarium.MembershipChange.$Properties;
    }

    /**
     * Properties of a Split.
     * @deprecated Use cellarium.Split.$Properties instead.
     */
    interface ISplit extends cellarium.Split.$Properties {
    }

    /** Represents a Split. */
    class Split {

        /**
         * Constructs a new Split.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.Split.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Split epoch. */
        epoch?: (cellarium.Epoch.$Properties|null);

        /** Split key. */
        key: Uint8Array;

        /** Split child. */
        child: number;

        /** Split childPeers. */
        childPeers: cellarium.Peer.$Properties[];

        /** Split parentKeys. */
        parentKeys: number;

        /** Split childKeys. */
        childKeys: number;

        /** Split parentBytes. */
        parentBytes: number;

        /** Split childBytes. */
        childBytes: number;

        /** Split single. */
        single: boolean;

        /**
         * Encodes the specified Split message. Does not implicitly {@link cellarium.Split.verify|verify} messages.
         * @param message Split message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.Split.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Split message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.Split & cellarium.Split.$Shape} Split
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.Split & cellarium.Split.$Shape;
    }

    namespace Split {

        /** Properties of a Split. */
        interface $Properties {

            /** Split epoch */
            epoch?: (cellarium.Epoch.$Properties|null);

            /** Split key */
            key?: (Uint8Array|null);

            /** Split child */
            child?: (number|null);

            /** Split childPeers */
            childPeers?: (cellarium.Peer.$Properties[]|null);

            /** Split parentKeys */
            parentKeys?: (number|null);

            /** Split childKeys */
            childKeys?: (number|null);

            /** Split parentBytes */
            parentBytes?: (number|null);

            /** Split childBytes */
            childBytes?: (number|null);

            /** Split single */
            single?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Split. */
        type $Shape = cellarium.Split.$Properties;
    }

    /**
     * Properties of a SnapshotHeader.
     * @deprecated Use cellarium.SnapshotHeader.$Properties instead.
     */
    interface ISnapshotHeader extends cellarium.SnapshotHeader.$Properties {
    }

    /** Represents a SnapshotHeader. */
    class SnapshotHeader {

        /**
         * Constructs a new SnapshotHeader.
         * @param [properties] Properties to set
         */
        constructor(properties?: cellarium.SnapshotHeader.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** SnapshotHeader state. */
        state?: (cellarium.CellState.$Properties|null);

        /**
         * Encodes the specified SnapshotHeader message. Does not implicitly {@link cellarium.SnapshotHeader.verify|verify} messages.
         * @param message SnapshotHeader message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: cellarium.SnapshotHeader.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a SnapshotHeader message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {cellarium.SnapshotHeader & cellarium.SnapshotHeader.$Shape} SnapshotHeader
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): cellarium.SnapshotHeader & cellarium.SnapshotHeader.$Shape;
    }

    namespace SnapshotHeader {

        /** Properties of a SnapshotHeader. */
        interface $Properties {

            /** SnapshotHeader state */
            state?: (cellarium.CellState.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a SnapshotHeader. */
        type $Shape = cellarium.SnapshotHeader.$Properties;
    }
}
