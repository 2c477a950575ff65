/**
 * Sets protobufjs up before any generated code is loaded: 64-bit fields as plain numbers. All of ours stay far
 * below 2^53.
 */
import protobuf from 'protobufjs/minimal.js'

// The types say that Long is always there; without it the library reads and writes numbers, which is what we ask for.
;(protobuf.util as { Long: unknown }).Long = undefined
protobuf.configure()
