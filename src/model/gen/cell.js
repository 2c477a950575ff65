/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const cellarium = $root.cellarium = (() => {

    /**
     * Namespace cellarium.
     * @exports cellarium
     * @namespace
     */
    const cellarium = {};

    cellarium.Epoch = (function() {

        /**
         * Properties of an Epoch.
         * @typedef {Object} cellarium.Epoch.$Properties
         * @property {number|null} [version] Epoch version
         * @property {number|null} [confVer] Epoch confVer
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Epoch.
         * @memberof cellarium
         * @interface IEpoch
         * @augments cellarium.Epoch.$Properties
         * @deprecated Use cellarium.Epoch.$Properties instead.
         */

        /**
         * Shape of an Epoch.
         * @typedef {cellarium.Epoch.$Properties} cellarium.Epoch.$Shape
         */

        /**
         * Constructs a new Epoch.
         * @memberof cellarium
         * @classdesc Represents an Epoch.
         * @constructor
         * @param {cellarium.Epoch.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Epoch = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Epoch version.
         * @member {number} version
         * @memberof cellarium.Epoch
         * @instance
         */
        Epoch.prototype.version = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Epoch confVer.
         * @member {number} confVer
         * @memberof cellarium.Epoch
         * @instance
         */
        Epoch.prototype.confVer = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified Epoch message. Does not implicitly {@link cellarium.Epoch.verify|verify} messages.
         * @function encode
         * @memberof cellarium.Epoch
         * @static
         * @param {cellarium.Epoch.$Properties} message Epoch message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Epoch.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && (typeof message.version === "object" ? message.version.low || message.version.high : message.version !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.version);
            if (message.confVer != null && $Object.hasOwnProperty.call(message, "confVer") && (typeof message.confVer === "object" ? message.confVer.low || message.confVer.high : message.confVer !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.confVer);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Epoch message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.Epoch
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.Epoch & cellarium.Epoch.$Shape} Epoch
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Epoch.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.Epoch();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.confVer = value;
                        else
                            delete message.confVer;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Epoch;
    })();

    cellarium.Peer = (function() {

        /**
         * Properties of a Peer.
         * @typedef {Object} cellarium.Peer.$Properties
         * @property {number|null} [id] Peer id
         * @property {number|null} [store] Peer store
         * @property {boolean|null} [learner] Peer learner
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Peer.
         * @memberof cellarium
         * @interface IPeer
         * @augments cellarium.Peer.$Properties
         * @deprecated Use cellarium.Peer.$Properties instead.
         */

        /**
         * Shape of a Peer.
         * @typedef {cellarium.Peer.$Properties} cellarium.Peer.$Shape
         */

        /**
         * Constructs a new Peer.
         * @memberof cellarium
         * @classdesc Represents a Peer.
         * @constructor
         * @param {cellarium.Peer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Peer = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Peer id.
         * @member {number} id
         * @memberof cellarium.Peer
         * @instance
         */
        Peer.prototype.id = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Peer store.
         * @member {number} store
         * @memberof cellarium.Peer
         * @instance
         */
        Peer.prototype.store = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Peer learner.
         * @member {boolean} learner
         * @memberof cellarium.Peer
         * @instance
         */
        Peer.prototype.learner = false;

        /**
         * Encodes the specified Peer message. Does not implicitly {@link cellarium.Peer.verify|verify} messages.
         * @function encode
         * @memberof cellarium.Peer
         * @static
         * @param {cellarium.Peer.$Properties} message Peer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Peer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && (typeof message.id === "object" ? message.id.low || message.id.high : message.id !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.id);
            if (message.store != null && $Object.hasOwnProperty.call(message, "store") && (typeof message.store === "object" ? message.store.low || message.store.high : message.store !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.store);
            if (message.learner != null && $Object.hasOwnProperty.call(message, "learner") && message.learner !== false)
                writer.uint32(/* id 3, wireType 0 =*/24).bool(message.learner);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Peer message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.Peer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.Peer & cellarium.Peer.$Shape} Peer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Peer.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.Peer();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.store = value;
                        else
                            delete message.store;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.learner = value;
                        else
                            delete message.learner;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Peer;
    })();

    cellarium.Cell = (function() {

        /**
         * Properties of a Cell.
         * @typedef {Object} cellarium.Cell.$Properties
         * @property {number|null} [id] Cell id
         * @property {boolean|null} [system] Cell system
         * @property {Uint8Array|null} [start] Cell start
         * @property {Uint8Array|null} [end] Cell end
         * @property {cellarium.Epoch.$Properties|null} [epoch] Cell epoch
         * @property {Array.<cellarium.Peer.$Properties>|null} [peers] Cell peers
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Cell.
         * @memberof cellarium
         * @interface ICell
         * @augments cellarium.Cell.$Properties
         * @deprecated Use cellarium.Cell.$Properties instead.
         */

        /**
         * Shape of a Cell.
         * @typedef {cellarium.Cell.$Properties} cellarium.Cell.$Shape
         */

        /**
         * Constructs a new Cell.
         * @memberof cellarium
         * @classdesc Represents a Cell.
         * @constructor
         * @param {cellarium.Cell.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Cell = function (properties) {
            this.peers = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Cell id.
         * @member {number} id
         * @memberof cellarium.Cell
         * @instance
         */
        Cell.prototype.id = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Cell system.
         * @member {boolean} system
         * @memberof cellarium.Cell
         * @instance
         */
        Cell.prototype.system = false;

        /**
         * Cell start.
         * @member {Uint8Array} start
         * @memberof cellarium.Cell
         * @instance
         */
        Cell.prototype.start = $util.newBuffer([]);

        /**
         * Cell end.
         * @member {Uint8Array} end
         * @memberof cellarium.Cell
         * @instance
         */
        Cell.prototype.end = $util.newBuffer([]);

        /**
         * Cell epoch.
         * @member {cellarium.Epoch.$Properties|null|undefined} epoch
         * @memberof cellarium.Cell
         * @instance
         */
        Cell.prototype.epoch = null;

        /**
         * Cell peers.
         * @member {Array.<cellarium.Peer.$Properties>} peers
         * @memberof cellarium.Cell
         * @instance
         */
        Cell.prototype.peers = $util.emptyArray;

        /**
         * Encodes the specified Cell message. Does not implicitly {@link cellarium.Cell.verify|verify} messages.
         * @function encode
         * @memberof cellarium.Cell
         * @static
         * @param {cellarium.Cell.$Properties} message Cell message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Cell.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && (typeof message.id === "object" ? message.id.low || message.id.high : message.id !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.id);
            if (message.system != null && $Object.hasOwnProperty.call(message, "system") && message.system !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.system);
            if (message.start != null && $Object.hasOwnProperty.call(message, "start") && message.start.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.start);
            if (message.end != null && $Object.hasOwnProperty.call(message, "end") && message.end.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.end);
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch"))
                $root.cellarium.Epoch.encode(message.epoch, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.peers != null && message.peers.length)
                for (let i = 0; i < message.peers.length; ++i)
                    $root.cellarium.Peer.encode(message.peers[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Cell message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.Cell
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.Cell & cellarium.Cell.$Shape} Cell
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Cell.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.Cell();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.system = value;
                        else
                            delete message.system;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.start = value;
                        else
                            delete message.start;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.end = value;
                        else
                            delete message.end;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.epoch = $root.cellarium.Epoch.decode(reader, reader.size(), $undefined, _depth + 1, message.epoch);
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if (!(message.peers && message.peers.length))
                            message.peers = [];
                        message.peers.push($root.cellarium.Peer.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Cell;
    })();

    cellarium.ConfState = (function() {

        /**
         * Properties of a ConfState.
         * @typedef {Object} cellarium.ConfState.$Properties
         * @property {Array.<number>|null} [voters] ConfState voters
         * @property {Array.<number>|null} [votersOutgoing] ConfState votersOutgoing
         * @property {Array.<number>|null} [learners] ConfState learners
         * @property {Array.<number>|null} [learnersNext] ConfState learnersNext
         * @property {boolean|null} [autoLeave] ConfState autoLeave
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ConfState.
         * @memberof cellarium
         * @interface IConfState
         * @augments cellarium.ConfState.$Properties
         * @deprecated Use cellarium.ConfState.$Properties instead.
         */

        /**
         * Shape of a ConfState.
         * @typedef {cellarium.ConfState.$Properties} cellarium.ConfState.$Shape
         */

        /**
         * Constructs a new ConfState.
         * @memberof cellarium
         * @classdesc Represents a ConfState.
         * @constructor
         * @param {cellarium.ConfState.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ConfState = function (properties) {
            this.voters = [];
            this.votersOutgoing = [];
            this.learners = [];
            this.learnersNext = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ConfState voters.
         * @member {Array.<number>} voters
         * @memberof cellarium.ConfState
         * @instance
         */
        ConfState.prototype.voters = $util.emptyArray;

        /**
         * ConfState votersOutgoing.
         * @member {Array.<number>} votersOutgoing
         * @memberof cellarium.ConfState
         * @instance
         */
        ConfState.prototype.votersOutgoing = $util.emptyArray;

        /**
         * ConfState learners.
         * @member {Array.<number>} learners
         * @memberof cellarium.ConfState
         * @instance
         */
        ConfState.prototype.learners = $util.emptyArray;

        /**
         * ConfState learnersNext.
         * @member {Array.<number>} learnersNext
         * @memberof cellarium.ConfState
         * @instance
         */
        ConfState.prototype.learnersNext = $util.emptyArray;

        /**
         * ConfState autoLeave.
         * @member {boolean} autoLeave
         * @memberof cellarium.ConfState
         * @instance
         */
        ConfState.prototype.autoLeave = false;

        /**
         * Encodes the specified ConfState message. Does not implicitly {@link cellarium.ConfState.verify|verify} messages.
         * @function encode
         * @memberof cellarium.ConfState
         * @static
         * @param {cellarium.ConfState.$Properties} message ConfState message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ConfState.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.voters != null && message.voters.length)
                writer.uint32(/* id 1, wireType 2 =*/10).uint64s(message.voters);
            if (message.votersOutgoing != null && message.votersOutgoing.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint64s(message.votersOutgoing);
            if (message.learners != null && message.learners.length)
                writer.uint32(/* id 3, wireType 2 =*/26).uint64s(message.learners);
            if (message.learnersNext != null && message.learnersNext.length)
                writer.uint32(/* id 4, wireType 2 =*/34).uint64s(message.learnersNext);
            if (message.autoLeave != null && $Object.hasOwnProperty.call(message, "autoLeave") && message.autoLeave !== false)
                writer.uint32(/* id 5, wireType 0 =*/40).bool(message.autoLeave);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ConfState message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.ConfState
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.ConfState & cellarium.ConfState.$Shape} ConfState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ConfState.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.ConfState();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.voters && message.voters.length))
                                message.voters = [];
                            reader.uint64s(message.voters);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.voters && message.voters.length))
                            message.voters = [];
                        message.voters.push(reader.uint64());
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.votersOutgoing && message.votersOutgoing.length))
                                message.votersOutgoing = [];
                            reader.uint64s(message.votersOutgoing);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.votersOutgoing && message.votersOutgoing.length))
                            message.votersOutgoing = [];
                        message.votersOutgoing.push(reader.uint64());
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.learners && message.learners.length))
                                message.learners = [];
                            reader.uint64s(message.learners);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.learners && message.learners.length))
                            message.learners = [];
                        message.learners.push(reader.uint64());
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.learnersNext && message.learnersNext.length))
                                message.learnersNext = [];
                            reader.uint64s(message.learnersNext);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.learnersNext && message.learnersNext.length))
                            message.learnersNext = [];
                        message.learnersNext.push(reader.uint64());
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.autoLeave = value;
                        else
                            delete message.autoLeave;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ConfState;
    })();

    cellarium.CellState = (function() {

        /**
         * Properties of a CellState.
         * @typedef {Object} cellarium.CellState.$Properties
         * @property {cellarium.Cell.$Properties|null} [cell] CellState cell
         * @property {number|null} [peer] CellState peer
         * @property {number|null} [appliedIndex] CellState appliedIndex
         * @property {number|null} [appliedTerm] CellState appliedTerm
         * @property {number|null} [clockFloorMs] CellState clockFloorMs
         * @property {number|null} [keys] CellState keys
         * @property {number|null} [sizeBytes] CellState sizeBytes
         * @property {cellarium.ConfState.$Properties|null} [confState] CellState confState
         * @property {boolean|null} [installing] CellState installing
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CellState.
         * @memberof cellarium
         * @interface ICellState
         * @augments cellarium.CellState.$Properties
         * @deprecated Use cellarium.CellState.$Properties instead.
         */

        /**
         * Shape of a CellState.
         * @typedef {cellarium.CellState.$Properties} cellarium.CellState.$Shape
         */

        /**
         * Constructs a new CellState.
         * @memberof cellarium
         * @classdesc Represents a CellState.
         * @constructor
         * @param {cellarium.CellState.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CellState = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CellState cell.
         * @member {cellarium.Cell.$Properties|null|undefined} cell
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.cell = null;

        /**
         * CellState peer.
         * @member {number} peer
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.peer = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CellState appliedIndex.
         * @member {number} appliedIndex
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.appliedIndex = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CellState appliedTerm.
         * @member {number} appliedTerm
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.appliedTerm = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CellState clockFloorMs.
         * @member {number} clockFloorMs
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.clockFloorMs = 0;

        /**
         * CellState keys.
         * @member {number} keys
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.keys = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CellState sizeBytes.
         * @member {number} sizeBytes
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.sizeBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CellState confState.
         * @member {cellarium.ConfState.$Properties|null|undefined} confState
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.confState = null;

        /**
         * CellState installing.
         * @member {boolean} installing
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.installing = false;

        /**
         * Encodes the specified CellState message. Does not implicitly {@link cellarium.CellState.verify|verify} messages.
         * @function encode
         * @memberof cellarium.CellState
         * @static
         * @param {cellarium.CellState.$Properties} message CellState message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CellState.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.cell != null && $Object.hasOwnProperty.call(message, "cell"))
                $root.cellarium.Cell.encode(message.cell, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.peer != null && $Object.hasOwnProperty.call(message, "peer") && (typeof message.peer === "object" ? message.peer.low || message.peer.high : message.peer !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.peer);
            if (message.appliedIndex != null && $Object.hasOwnProperty.call(message, "appliedIndex") && (typeof message.appliedIndex === "object" ? message.appliedIndex.low || message.appliedIndex.high : message.appliedIndex !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.appliedIndex);
            if (message.appliedTerm != null && $Object.hasOwnProperty.call(message, "appliedTerm") && (typeof message.appliedTerm === "object" ? message.appliedTerm.low || message.appliedTerm.high : message.appliedTerm !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.appliedTerm);
            if (message.clockFloorMs != null && $Object.hasOwnProperty.call(message, "clockFloorMs") && !$Object.is(message.clockFloorMs, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.clockFloorMs);
            if (message.keys != null && $Object.hasOwnProperty.call(message, "keys") && (typeof message.keys === "object" ? message.keys.low || message.keys.high : message.keys !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.keys);
            if (message.sizeBytes != null && $Object.hasOwnProperty.call(message, "sizeBytes") && (typeof message.sizeBytes === "object" ? message.sizeBytes.low || message.sizeBytes.high : message.sizeBytes !== 0))
                writer.uint32(/* id 7, wireType 0 =*/56).uint64(message.sizeBytes);
            if (message.confState != null && $Object.hasOwnProperty.call(message, "confState"))
                $root.cellarium.ConfState.encode(message.confState, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
            if (message.installing != null && $Object.hasOwnProperty.call(message, "installing") && message.installing !== false)
                writer.uint32(/* id 9, wireType 0 =*/72).bool(message.installing);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CellState message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.CellState
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.CellState & cellarium.CellState.$Shape} CellState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CellState.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.CellState();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.cell = $root.cellarium.Cell.decode(reader, reader.size(), $undefined, _depth + 1, message.cell);
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.peer = value;
                        else
                            delete message.peer;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.appliedIndex = value;
                        else
                            delete message.appliedIndex;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.appliedTerm = value;
                        else
                            delete message.appliedTerm;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.clockFloorMs = value;
                        else
                            delete message.clockFloorMs;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.keys = value;
                        else
                            delete message.keys;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.sizeBytes = value;
                        else
                            delete message.sizeBytes;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.confState = $root.cellarium.ConfState.decode(reader, reader.size(), $undefined, _depth + 1, message.confState);
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.installing = value;
                        else
                            delete message.installing;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return CellState;
    })();

    cellarium.MembershipChange = (function() {

        /**
         * Properties of a MembershipChange.
         * @typedef {Object} cellarium.MembershipChange.$Properties
         * @property {Array.<cellarium.Peer.$Properties>|null} [peers] MembershipChange peers
         * @property {cellarium.Epoch.$Properties|null} [epoch] MembershipChange epoch
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a MembershipChange.
         * @memberof cellarium
         * @interface IMembershipChange
         * @augments cellarium.MembershipChange.$Properties
         * @deprecated Use cellarium.MembershipChange.$Properties instead.
         */

        /**
         * Shape of a MembershipChange.
         * @typedef {cellarium.MembershipChange.$Properties} cellarium.MembershipChange.$Shape
         */

        /**
         * Constructs a new MembershipChange.
         * @memberof cellarium
         * @classdesc Represents a MembershipChange.
         * @constructor
         * @param {cellarium.MembershipChange.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const MembershipChange = function (properties) {
            this.peers = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * MembershipChange peers.
         * @member {Array.<cellarium.Peer.$Properties>} peers
         * @memberof cellarium.MembershipChange
         * @instance
         */
        MembershipChange.prototype.peers = $util.emptyArray;

        /**
         * MembershipChange epoch.
         * @member {cellarium.Epoch.$Properties|null|undefined} epoch
         * @memberof cellarium.MembershipChange
         * @instance
         */
        MembershipChange.prototype.epoch = null;

        /**
         * Encodes the specified MembershipChange message. Does not implicitly {@link cellarium.MembershipChange.verify|verify} messages.
         * @function encode
         * @memberof cellarium.MembershipChange
         * @static
         * @param {cellarium.MembershipChange.$Properties} message MembershipChange message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        MembershipChange.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.peers != null && message.peers.length)
                for (let i = 0; i < message.peers.length; ++i)
                    $root.cellarium.Peer.encode(message.peers[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch"))
                $root.cellarium.Epoch.encode(message.epoch, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a MembershipChange message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.MembershipChange
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.MembershipChange & cellarium.MembershipChange.$Shape} MembershipChange
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        MembershipChange.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.MembershipChange();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.peers && message.peers.length))
                            message.peers = [];
                        message.peers.push($root.cellarium.Peer.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.epoch = $root.cellarium.Epoch.decode(reader, reader.size(), $undefined, _depth + 1, message.epoch);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return MembershipChange;
    })();

    cellarium.Split = (function() {

        /**
         * Properties of a Split.
         * @typedef {Object} cellarium.Split.$Properties
         * @property {cellarium.Epoch.$Properties|null} [epoch] Split epoch
         * @property {Uint8Array|null} [key] Split key
         * @property {number|null} [child] Split child
         * @property {Array.<cellarium.Peer.$Properties>|null} [childPeers] Split childPeers
         * @property {number|null} [parentKeys] Split parentKeys
         * @property {number|null} [childKeys] Split childKeys
         * @property {number|null} [parentBytes] Split parentBytes
         * @property {number|null} [childBytes] Split childBytes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Split.
         * @memberof cellarium
         * @interface ISplit
         * @augments cellarium.Split.$Properties
         * @deprecated Use cellarium.Split.$Properties instead.
         */

        /**
         * Shape of a Split.
         * @typedef {cellarium.Split.$Properties} cellarium.Split.$Shape
         */

        /**
         * Constructs a new Split.
         * @memberof cellarium
         * @classdesc Represents a Split.
         * @constructor
         * @param {cellarium.Split.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Split = function (properties) {
            this.childPeers = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Split epoch.
         * @member {cellarium.Epoch.$Properties|null|undefined} epoch
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.epoch = null;

        /**
         * Split key.
         * @member {Uint8Array} key
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.key = $util.newBuffer([]);

        /**
         * Split child.
         * @member {number} child
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.child = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Split childPeers.
         * @member {Array.<cellarium.Peer.$Properties>} childPeers
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.childPeers = $util.emptyArray;

        /**
         * Split parentKeys.
         * @member {number} parentKeys
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.parentKeys = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Split childKeys.
         * @member {number} childKeys
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.childKeys = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Split parentBytes.
         * @member {number} parentBytes
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.parentBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Split childBytes.
         * @member {number} childBytes
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.childBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified Split message. Does not implicitly {@link cellarium.Split.verify|verify} messages.
         * @function encode
         * @memberof cellarium.Split
         * @static
         * @param {cellarium.Split.$Properties} message Split message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Split.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch"))
                $root.cellarium.Epoch.encode(message.epoch, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.key);
            if (message.child != null && $Object.hasOwnProperty.call(message, "child") && (typeof message.child === "object" ? message.child.low || message.child.high : message.child !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.child);
            if (message.childPeers != null && message.childPeers.length)
                for (let i = 0; i < message.childPeers.length; ++i)
                    $root.cellarium.Peer.encode(message.childPeers[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.parentKeys != null && $Object.hasOwnProperty.call(message, "parentKeys") && (typeof message.parentKeys === "object" ? message.parentKeys.low || message.parentKeys.high : message.parentKeys !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.parentKeys);
            if (message.childKeys != null && $Object.hasOwnProperty.call(message, "childKeys") && (typeof message.childKeys === "object" ? message.childKeys.low || message.childKeys.high : message.childKeys !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.childKeys);
            if (message.parentBytes != null && $Object.hasOwnProperty.call(message, "parentBytes") && (typeof message.parentBytes === "object" ? message.parentBytes.low || message.parentBytes.high : message.parentBytes !== 0))
                writer.uint32(/* id 7, wireType 0 =*/56).uint64(message.parentBytes);
            if (message.childBytes != null && $Object.hasOwnProperty.call(message, "childBytes") && (typeof message.childBytes === "object" ? message.childBytes.low || message.childBytes.high : message.childBytes !== 0))
                writer.uint32(/* id 8, wireType 0 =*/64).uint64(message.childBytes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Split message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.Split
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.Split & cellarium.Split.$Shape} Split
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Split.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.Split();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.epoch = $root.cellarium.Epoch.decode(reader, reader.size(), $undefined, _depth + 1, message.epoch);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.key = value;
                        else
                            delete message.key;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.child = value;
                        else
                            delete message.child;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.childPeers && message.childPeers.length))
                            message.childPeers = [];
                        message.childPeers.push($root.cellarium.Peer.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.parentKeys = value;
                        else
                            delete message.parentKeys;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.childKeys = value;
                        else
                            delete message.childKeys;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.parentBytes = value;
                        else
                            delete message.parentBytes;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.childBytes = value;
                        else
                            delete message.childBytes;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Split;
    })();

    cellarium.SnapshotHeader = (function() {

        /**
         * Properties of a SnapshotHeader.
         * @typedef {Object} cellarium.SnapshotHeader.$Properties
         * @property {cellarium.CellState.$Properties|null} [state] SnapshotHeader state
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a SnapshotHeader.
         * @memberof cellarium
         * @interface ISnapshotHeader
         * @augments cellarium.SnapshotHeader.$Properties
         * @deprecated Use cellarium.SnapshotHeader.$Properties instead.
         */

        /**
         * Shape of a SnapshotHeader.
         * @typedef {cellarium.SnapshotHeader.$Properties} cellarium.SnapshotHeader.$Shape
         */

        /**
         * Constructs a new SnapshotHeader.
         * @memberof cellarium
         * @classdesc Represents a SnapshotHeader.
         * @constructor
         * @param {cellarium.SnapshotHeader.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const SnapshotHeader = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * SnapshotHeader state.
         * @member {cellarium.CellState.$Properties|null|undefined} state
         * @memberof cellarium.SnapshotHeader
         * @instance
         */
        SnapshotHeader.prototype.state = null;

        /**
         * Encodes the specified SnapshotHeader message. Does not implicitly {@link cellarium.SnapshotHeader.verify|verify} messages.
         * @function encode
         * @memberof cellarium.SnapshotHeader
         * @static
         * @param {cellarium.SnapshotHeader.$Properties} message SnapshotHeader message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        SnapshotHeader.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.state != null && $Object.hasOwnProperty.call(message, "state"))
                $root.cellarium.CellState.encode(message.state, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a SnapshotHeader message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.SnapshotHeader
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.SnapshotHeader & cellarium.SnapshotHeader.$Shape} SnapshotHeader
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        SnapshotHeader.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.cellarium.SnapshotHeader();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.state = $root.cellarium.CellState.decode(reader, reader.size(), $undefined, _depth + 1, message.state);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return SnapshotHeader;
    })();

    return cellarium;
})();

export {
  $root as default
};
