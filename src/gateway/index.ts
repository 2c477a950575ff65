export {
  type Connection,
  type ConnectionHandler,
  type DebugPort,
  DRAIN_BYTES_MIN,
  debugEdge,
  type Listener,
  listenerEdge,
  type ProcessPort,
  processEdge,
} from './edges.ts'
