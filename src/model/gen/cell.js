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
         * @property {cellarium.Merging.$Properties|null} [merging] CellState merging
         * @property {Array.<cellarium.Absorbed.$Properties>|null} [absorbed] CellState absorbed
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
            this.absorbed = [];
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
         * CellState merging.
         * @member {cellarium.Merging.$Properties|null|undefined} merging
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.merging = null;

        /**
         * CellState absorbed.
         * @member {Array.<cellarium.Absorbed.$Properties>} absorbed
         * @memberof cellarium.CellState
         * @instance
         */
        CellState.prototype.absorbed = $util.emptyArray;

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
            if (message.merging != null && $Object.hasOwnProperty.call(message, "merging"))
                $root.cellarium.Merging.encode(message.merging, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
            if (message.absorbed != null && message.absorbed.length)
                for (let i = 0; i < message.absorbed.length; ++i)
                    $root.cellarium.Absorbed.encode(message.absorbed[i], writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
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
                case 10: {
                        if (wireType !== 2)
                            break;
                        message.merging = $root.cellarium.Merging.decode(reader, reader.size(), $undefined, _depth + 1, message.merging);
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        if (!(message.absorbed && message.absorbed.length))
                            message.absorbed = [];
                        message.absorbed.push($root.cellarium.Absorbed.decode(reader, reader.size(), $undefined, _depth + 1));
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

    cellarium.Merging = (function() {

        /**
         * Properties of a Merging.
         * @typedef {Object} cellarium.Merging.$Properties
         * @property {number|null} [target] Merging target
         * @property {cellarium.Epoch.$Properties|null} [targetEpoch] Merging targetEpoch
         * @property {number|null} [index] Merging index
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Merging.
         * @memberof cellarium
         * @interface IMerging
         * @augments cellarium.Merging.$Properties
         * @deprecated Use cellarium.Merging.$Properties instead.
         */

        /**
         * Shape of a Merging.
         * @typedef {cellarium.Merging.$Properties} cellarium.Merging.$Shape
         */

        /**
         * Constructs a new Merging.
         * @memberof cellarium
         * @classdesc Represents a Merging.
         * @constructor
         * @param {cellarium.Merging.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Merging = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Merging target.
         * @member {number} target
         * @memberof cellarium.Merging
         * @instance
         */
        Merging.prototype.target = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Merging targetEpoch.
         * @member {cellarium.Epoch.$Properties|null|undefined} targetEpoch
         * @memberof cellarium.Merging
         * @instance
         */
        Merging.prototype.targetEpoch = null;

        /**
         * Merging index.
         * @member {number} index
         * @memberof cellarium.Merging
         * @instance
         */
        Merging.prototype.index = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified Merging message. Does not implicitly {@link cellarium.Merging.verify|verify} messages.
         * @function encode
         * @memberof cellarium.Merging
         * @static
         * @param {cellarium.Merging.$Properties} message Merging message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Merging.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.target != null && $Object.hasOwnProperty.call(message, "target") && (typeof message.target === "object" ? message.target.low || message.target.high : message.target !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.target);
            if (message.targetEpoch != null && $Object.hasOwnProperty.call(message, "targetEpoch"))
                $root.cellarium.Epoch.encode(message.targetEpoch, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.index != null && $Object.hasOwnProperty.call(message, "index") && (typeof message.index === "object" ? message.index.low || message.index.high : message.index !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.index);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Merging message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.Merging
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.Merging & cellarium.Merging.$Shape} Merging
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Merging.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.cellarium.Merging();
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
                            message.target = value;
                        else
                            delete message.target;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.targetEpoch = $root.cellarium.Epoch.decode(reader, reader.size(), $undefined, _depth + 1, message.targetEpoch);
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.index = value;
                        else
                            delete message.index;
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

        return Merging;
    })();

    cellarium.Absorbed = (function() {

        /**
         * Properties of an Absorbed.
         * @typedef {Object} cellarium.Absorbed.$Properties
         * @property {number|null} [cell] Absorbed cell
         * @property {number|null} [index] Absorbed index
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Absorbed.
         * @memberof cellarium
         * @interface IAbsorbed
         * @augments cellarium.Absorbed.$Properties
         * @deprecated Use cellarium.Absorbed.$Properties instead.
         */

        /**
         * Shape of an Absorbed.
         * @typedef {cellarium.Absorbed.$Properties} cellarium.Absorbed.$Shape
         */

        /**
         * Constructs a new Absorbed.
         * @memberof cellarium
         * @classdesc Represents an Absorbed.
         * @constructor
         * @param {cellarium.Absorbed.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Absorbed = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Absorbed cell.
         * @member {number} cell
         * @memberof cellarium.Absorbed
         * @instance
         */
        Absorbed.prototype.cell = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Absorbed index.
         * @member {number} index
         * @memberof cellarium.Absorbed
         * @instance
         */
        Absorbed.prototype.index = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified Absorbed message. Does not implicitly {@link cellarium.Absorbed.verify|verify} messages.
         * @function encode
         * @memberof cellarium.Absorbed
         * @static
         * @param {cellarium.Absorbed.$Properties} message Absorbed message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Absorbed.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.cell != null && $Object.hasOwnProperty.call(message, "cell") && (typeof message.cell === "object" ? message.cell.low || message.cell.high : message.cell !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.cell);
            if (message.index != null && $Object.hasOwnProperty.call(message, "index") && (typeof message.index === "object" ? message.index.low || message.index.high : message.index !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.index);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Absorbed message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.Absorbed
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.Absorbed & cellarium.Absorbed.$Shape} Absorbed
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Absorbed.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.cellarium.Absorbed();
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
                            message.cell = value;
                        else
                            delete message.cell;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.index = value;
                        else
                            delete message.index;
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

        return Absorbed;
    })();

    cellarium.PrepareMerge = (function() {

        /**
         * Properties of a PrepareMerge.
         * @typedef {Object} cellarium.PrepareMerge.$Properties
         * @property {cellarium.Epoch.$Properties|null} [epoch] PrepareMerge epoch
         * @property {number|null} [target] PrepareMerge target
         * @property {cellarium.Epoch.$Properties|null} [targetEpoch] PrepareMerge targetEpoch
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a PrepareMerge.
         * @memberof cellarium
         * @interface IPrepareMerge
         * @augments cellarium.PrepareMerge.$Properties
         * @deprecated Use cellarium.PrepareMerge.$Properties instead.
         */

        /**
         * Shape of a PrepareMerge.
         * @typedef {cellarium.PrepareMerge.$Properties} cellarium.PrepareMerge.$Shape
         */

        /**
         * Constructs a new PrepareMerge.
         * @memberof cellarium
         * @classdesc Represents a PrepareMerge.
         * @constructor
         * @param {cellarium.PrepareMerge.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const PrepareMerge = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * PrepareMerge epoch.
         * @member {cellarium.Epoch.$Properties|null|undefined} epoch
         * @memberof cellarium.PrepareMerge
         * @instance
         */
        PrepareMerge.prototype.epoch = null;

        /**
         * PrepareMerge target.
         * @member {number} target
         * @memberof cellarium.PrepareMerge
         * @instance
         */
        PrepareMerge.prototype.target = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * PrepareMerge targetEpoch.
         * @member {cellarium.Epoch.$Properties|null|undefined} targetEpoch
         * @memberof cellarium.PrepareMerge
         * @instance
         */
        PrepareMerge.prototype.targetEpoch = null;

        /**
         * Encodes the specified PrepareMerge message. Does not implicitly {@link cellarium.PrepareMerge.verify|verify} messages.
         * @function encode
         * @memberof cellarium.PrepareMerge
         * @static
         * @param {cellarium.PrepareMerge.$Properties} message PrepareMerge message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        PrepareMerge.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch"))
                $root.cellarium.Epoch.encode(message.epoch, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.target != null && $Object.hasOwnProperty.call(message, "target") && (typeof message.target === "object" ? message.target.low || message.target.high : message.target !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.target);
            if (message.targetEpoch != null && $Object.hasOwnProperty.call(message, "targetEpoch"))
                $root.cellarium.Epoch.encode(message.targetEpoch, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a PrepareMerge message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.PrepareMerge
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.PrepareMerge & cellarium.PrepareMerge.$Shape} PrepareMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        PrepareMerge.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.cellarium.PrepareMerge();
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
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.target = value;
                        else
                            delete message.target;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.targetEpoch = $root.cellarium.Epoch.decode(reader, reader.size(), $undefined, _depth + 1, message.targetEpoch);
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

        return PrepareMerge;
    })();

    cellarium.CommitMerge = (function() {

        /**
         * Properties of a CommitMerge.
         * @typedef {Object} cellarium.CommitMerge.$Properties
         * @property {number|null} [source] CommitMerge source
         * @property {number|null} [sourceVersion] CommitMerge sourceVersion
         * @property {number|null} [preparedIndex] CommitMerge preparedIndex
         * @property {Uint8Array|null} [start] CommitMerge start
         * @property {Uint8Array|null} [end] CommitMerge end
         * @property {cellarium.Epoch.$Properties|null} [targetEpoch] CommitMerge targetEpoch
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CommitMerge.
         * @memberof cellarium
         * @interface ICommitMerge
         * @augments cellarium.CommitMerge.$Properties
         * @deprecated Use cellarium.CommitMerge.$Properties instead.
         */

        /**
         * Shape of a CommitMerge.
         * @typedef {cellarium.CommitMerge.$Properties} cellarium.CommitMerge.$Shape
         */

        /**
         * Constructs a new CommitMerge.
         * @memberof cellarium
         * @classdesc Represents a CommitMerge.
         * @constructor
         * @param {cellarium.CommitMerge.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CommitMerge = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CommitMerge source.
         * @member {number} source
         * @memberof cellarium.CommitMerge
         * @instance
         */
        CommitMerge.prototype.source = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CommitMerge sourceVersion.
         * @member {number} sourceVersion
         * @memberof cellarium.CommitMerge
         * @instance
         */
        CommitMerge.prototype.sourceVersion = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CommitMerge preparedIndex.
         * @member {number} preparedIndex
         * @memberof cellarium.CommitMerge
         * @instance
         */
        CommitMerge.prototype.preparedIndex = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * CommitMerge start.
         * @member {Uint8Array} start
         * @memberof cellarium.CommitMerge
         * @instance
         */
        CommitMerge.prototype.start = $util.newBuffer([]);

        /**
         * CommitMerge end.
         * @member {Uint8Array} end
         * @memberof cellarium.CommitMerge
         * @instance
         */
        CommitMerge.prototype.end = $util.newBuffer([]);

        /**
         * CommitMerge targetEpoch.
         * @member {cellarium.Epoch.$Properties|null|undefined} targetEpoch
         * @memberof cellarium.CommitMerge
         * @instance
         */
        CommitMerge.prototype.targetEpoch = null;

        /**
         * Encodes the specified CommitMerge message. Does not implicitly {@link cellarium.CommitMerge.verify|verify} messages.
         * @function encode
         * @memberof cellarium.CommitMerge
         * @static
         * @param {cellarium.CommitMerge.$Properties} message CommitMerge message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CommitMerge.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.source != null && $Object.hasOwnProperty.call(message, "source") && (typeof message.source === "object" ? message.source.low || message.source.high : message.source !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.source);
            if (message.sourceVersion != null && $Object.hasOwnProperty.call(message, "sourceVersion") && (typeof message.sourceVersion === "object" ? message.sourceVersion.low || message.sourceVersion.high : message.sourceVersion !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.sourceVersion);
            if (message.preparedIndex != null && $Object.hasOwnProperty.call(message, "preparedIndex") && (typeof message.preparedIndex === "object" ? message.preparedIndex.low || message.preparedIndex.high : message.preparedIndex !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.preparedIndex);
            if (message.start != null && $Object.hasOwnProperty.call(message, "start") && message.start.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.start);
            if (message.end != null && $Object.hasOwnProperty.call(message, "end") && message.end.length)
                writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.end);
            if (message.targetEpoch != null && $Object.hasOwnProperty.call(message, "targetEpoch"))
                $root.cellarium.Epoch.encode(message.targetEpoch, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CommitMerge message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.CommitMerge
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.CommitMerge & cellarium.CommitMerge.$Shape} CommitMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CommitMerge.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.cellarium.CommitMerge();
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
                            message.source = value;
                        else
                            delete message.source;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.sourceVersion = value;
                        else
                            delete message.sourceVersion;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.preparedIndex = value;
                        else
                            delete message.preparedIndex;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.start = value;
                        else
                            delete message.start;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.end = value;
                        else
                            delete message.end;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.targetEpoch = $root.cellarium.Epoch.decode(reader, reader.size(), $undefined, _depth + 1, message.targetEpoch);
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

        return CommitMerge;
    })();

    cellarium.RefuseMerge = (function() {

        /**
         * Properties of a RefuseMerge.
         * @typedef {Object} cellarium.RefuseMerge.$Properties
         * @property {number|null} [source] RefuseMerge source
         * @property {number|null} [targetVersion] RefuseMerge targetVersion
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a RefuseMerge.
         * @memberof cellarium
         * @interface IRefuseMerge
         * @augments cellarium.RefuseMerge.$Properties
         * @deprecated Use cellarium.RefuseMerge.$Properties instead.
         */

        /**
         * Shape of a RefuseMerge.
         * @typedef {cellarium.RefuseMerge.$Properties} cellarium.RefuseMerge.$Shape
         */

        /**
         * Constructs a new RefuseMerge.
         * @memberof cellarium
         * @classdesc Represents a RefuseMerge.
         * @constructor
         * @param {cellarium.RefuseMerge.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const RefuseMerge = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * RefuseMerge source.
         * @member {number} source
         * @memberof cellarium.RefuseMerge
         * @instance
         */
        RefuseMerge.prototype.source = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * RefuseMerge targetVersion.
         * @member {number} targetVersion
         * @memberof cellarium.RefuseMerge
         * @instance
         */
        RefuseMerge.prototype.targetVersion = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified RefuseMerge message. Does not implicitly {@link cellarium.RefuseMerge.verify|verify} messages.
         * @function encode
         * @memberof cellarium.RefuseMerge
         * @static
         * @param {cellarium.RefuseMerge.$Properties} message RefuseMerge message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        RefuseMerge.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.source != null && $Object.hasOwnProperty.call(message, "source") && (typeof message.source === "object" ? message.source.low || message.source.high : message.source !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.source);
            if (message.targetVersion != null && $Object.hasOwnProperty.call(message, "targetVersion") && (typeof message.targetVersion === "object" ? message.targetVersion.low || message.targetVersion.high : message.targetVersion !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.targetVersion);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a RefuseMerge message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.RefuseMerge
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.RefuseMerge & cellarium.RefuseMerge.$Shape} RefuseMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        RefuseMerge.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.cellarium.RefuseMerge();
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
                            message.source = value;
                        else
                            delete message.source;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.targetVersion = value;
                        else
                            delete message.targetVersion;
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

        return RefuseMerge;
    })();

    cellarium.RollbackMerge = (function() {

        /**
         * Properties of a RollbackMerge.
         * @typedef {Object} cellarium.RollbackMerge.$Properties
         * @property {number|null} [preparedIndex] RollbackMerge preparedIndex
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a RollbackMerge.
         * @memberof cellarium
         * @interface IRollbackMerge
         * @augments cellarium.RollbackMerge.$Properties
         * @deprecated Use cellarium.RollbackMerge.$Properties instead.
         */

        /**
         * Shape of a RollbackMerge.
         * @typedef {cellarium.RollbackMerge.$Properties} cellarium.RollbackMerge.$Shape
         */

        /**
         * Constructs a new RollbackMerge.
         * @memberof cellarium
         * @classdesc Represents a RollbackMerge.
         * @constructor
         * @param {cellarium.RollbackMerge.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const RollbackMerge = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * RollbackMerge preparedIndex.
         * @member {number} preparedIndex
         * @memberof cellarium.RollbackMerge
         * @instance
         */
        RollbackMerge.prototype.preparedIndex = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified RollbackMerge message. Does not implicitly {@link cellarium.RollbackMerge.verify|verify} messages.
         * @function encode
         * @memberof cellarium.RollbackMerge
         * @static
         * @param {cellarium.RollbackMerge.$Properties} message RollbackMerge message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        RollbackMerge.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.preparedIndex != null && $Object.hasOwnProperty.call(message, "preparedIndex") && (typeof message.preparedIndex === "object" ? message.preparedIndex.low || message.preparedIndex.high : message.preparedIndex !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.preparedIndex);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a RollbackMerge message from the specified reader or buffer.
         * @function decode
         * @memberof cellarium.RollbackMerge
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {cellarium.RollbackMerge & cellarium.RollbackMerge.$Shape} RollbackMerge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        RollbackMerge.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.cellarium.RollbackMerge();
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
                            message.preparedIndex = value;
                        else
                            delete message.preparedIndex;
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

        return RollbackMerge;
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
         * @property {boolean|null} [single] Split single
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
         * Split single.
         * @member {boolean} single
         * @memberof cellarium.Split
         * @instance
         */
        Split.prototype.single = false;

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
            if (message.single != null && $Object.hasOwnProperty.call(message, "single") && message.single !== false)
                writer.uint32(/* id 9, wireType 0 =*/72).bool(message.single);
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
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.single = value;
                        else
                            delete message.single;
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
