/**
 * The nouns of the product and every message between its actors. Pure: types, layouts, tables.
 *
 * Messages between threads have a fixed layout (hot) or are structured data; what is stored, or may travel between
 * versions, is protobuf (`proto/`, generated code in `gen/`).
 */
export * from './cell.ts'
export * from './commands.ts'
export * from './load.ts'
export * from './merges.ts'
export * from './messages.ts'
export * from './operators.ts'
export * from './options.ts'
export * from './pd-questions.ts'
export * from './protocol.ts'
export * from './raft-frames.ts'
export * from './recovery.ts'
export * from './rest.ts'
export * from './sleep-frames.ts'
export * from './stored.ts'
