/** INFO: the fields of Redis 7.0 that have a meaning here, and ours under `# Cellarium`. */
import type { ReplyWriter } from '../redis/index.ts'
import { REDIS_VERSION } from './connection-commands.ts'
import type { Server, SessionCommand } from './server.ts'

type Fields = readonly (readonly [string, string | number])[]

interface Section {
  readonly title: string
  readonly fields: (server: Server) => Fields
}

function human(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(2)}${units[unit]}`
}

function server(server: Server): Fields {
  const seconds = Math.floor((server.nowMs - server.startedAtMs) / 1000)
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_mode', 'standalone'],
    ['cellarium_version', server.version],
    ['os', server.process.platform],
    ['arch_bits', 64],
    ['process_id', server.process.id],
    ['run_id', server.runId],
    ['tcp_port', server.port],
    ['server_time_usec', Math.floor(server.clock.wallMs() * 1000)],
    ['uptime_in_seconds', seconds],
    ['uptime_in_days', Math.floor(seconds / 86_400)],
    ['executable', ''],
    ['config_file', ''],
  ]
}

function clients(server: Server): Fields {
  return [
    ['connected_clients', server.sessions.size],
    ['cluster_connections', 0],
    ['maxclients', server.settings.options.maxClients],
    ['blocked_clients', 0],
    ['tracking_clients', 0],
  ]
}

function memory(server: Server): Fields {
  const usage = server.process.usage()
  return [
    ['used_memory', usage.heapBytes],
    ['used_memory_human', human(usage.heapBytes)],
    ['used_memory_rss', usage.residentBytes],
    ['used_memory_rss_human', human(usage.residentBytes)],
    ['total_system_memory', server.process.memoryBytes],
    ['total_system_memory_human', human(server.process.memoryBytes)],
    ['maxmemory', 0],
    ['maxmemory_human', '0B'],
    ['maxmemory_policy', 'noeviction'],
  ]
}

/** Clients wait until `loading` is 0. Everything that was answered is on disk, as with `appendfsync always`. */
function persistence(): Fields {
  return [
    ['loading', 0],
    ['async_loading', 0],
    ['rdb_bgsave_in_progress', 0],
    ['rdb_last_bgsave_status', 'ok'],
    ['aof_enabled', 1],
    ['aof_rewrite_in_progress', 0],
    ['aof_last_write_status', 'ok'],
  ]
}

function stats(server: Server): Fields {
  const { statistics } = server
  return [
    ['total_connections_received', statistics.connections],
    ['total_commands_processed', statistics.commands],
    ['instantaneous_ops_per_sec', statistics.commandsPerSecond(server.nowMs)],
    ['total_net_input_bytes', statistics.inputBytes],
    ['total_net_output_bytes', statistics.outputBytes],
    ['rejected_connections', statistics.rejected],
    ['evicted_keys', 0],
    ['pubsub_channels', 0],
    ['pubsub_patterns', 0],
  ]
}

function replication(server: Server): Fields {
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', server.runId],
    ['master_repl_offset', 0],
  ]
}

function cpu(server: Server): Fields {
  const usage = server.process.usage()
  return [
    ['used_cpu_sys', (usage.systemMs / 1000).toFixed(6)],
    ['used_cpu_user', (usage.userMs / 1000).toFixed(6)],
  ]
}

function keyspace(server: Server): Fields {
  return server.facts.keys === 0 ? [] : [['db0', `keys=${server.facts.keys},expires=0,avg_ttl=0`]]
}

function cellarium(server: Server): Fields {
  const { facts } = server
  return [
    ['raft_log_syncs', facts.raftLogSyncs],
    ['raft_log_bytes', facts.raftLogBytes],
    ['commands_processed', Math.max(facts.commandsProcessed, server.statistics.commands)],
    ['cells', facts.cells],
    ['stores', server.topology.stores.length],
    ['executors', server.topology.executors],
  ]
}

/** In Redis's order; ours is the last. */
const sections: Readonly<Record<string, Section>> = {
  server: { title: 'Server', fields: server },
  clients: { title: 'Clients', fields: clients },
  memory: { title: 'Memory', fields: memory },
  persistence: { title: 'Persistence', fields: persistence },
  stats: { title: 'Stats', fields: stats },
  replication: { title: 'Replication', fields: replication },
  cpu: { title: 'CPU', fields: cpu },
  cluster: { title: 'Cluster', fields: () => [['cluster_enabled', 0]] },
  keyspace: { title: 'Keyspace', fields: keyspace },
  cellarium: { title: 'Cellarium', fields: cellarium },
}

const EVERYTHING = ['all', 'everything', 'default']

export const info: SessionCommand = (_session, args, reply, server) => {
  const wanted = new Set<string>()
  for (let i = 1; i < args.count; i++) wanted.add(args.latin1(i).toLowerCase())
  const all = wanted.size === 0 || EVERYTHING.some((word) => wanted.has(word))
  write(reply, all ? Object.values(sections) : [...wanted].flatMap((name) => sections[name] ?? []), server)
}

function write(reply: ReplyWriter, chosen: readonly Section[], server: Server): void {
  const texts = chosen.map((section) => {
    const lines = section.fields(server).map(([name, value]) => `${name}:${value}\r\n`)
    return `# ${section.title}\r\n${lines.join('')}`
  })
  reply.verbatim('txt', texts.join('\r\n'))
}
