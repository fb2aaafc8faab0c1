import { UsageError } from './arguments.ts'
import type { Command } from './command.ts'
import type { Env } from './context.ts'

const USAGE = `millrace COMMAND [--json]

  start                                   run everything on this machine
  node -c conf/srs.conf [-t]              run, or test, a media node alone by a configuration file of SRS
  import FILE [--dry-run] [--fewer-guards]  make vhosts of a configuration file of SRS
  streams list [--status live]            streams
  streams create [APP/]NAME [--vhost V] [--title T]
  streams get|delete|enable|disable|disconnect STREAM
  keys list STREAM                        stream keys
  keys create STREAM [--name N] [--expires-at TIME]
  keys rotate STREAM [--overlap SECONDS]
  keys revoke STREAM KEY
  recordings list [--stream STREAM] [--status ready]
  recordings start STREAM [--title T] [--format mp4]
  recordings get|stop|split RECORDING
  nodes list                              media nodes
  nodes drain NODE
  events tail [--type T] [--subject ID] [--after EVENT] [--no-follow]
  doctor                                  what is wrong with this installation

STREAM is an id (str_…) or APP/NAME.
MILLRACE_URL    control plane, default http://localhost:4000
MILLRACE_TOKEN  API token, default the one in MILLRACE_DATA (./.millrace)
`

/** Each loads only what it needs itself: a node is to be there at once. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).start,
  node: async () => (await import('./commands/node.ts')).node,
  import: async () => (await import('./commands/import.ts')).importConfig,
  streams: async () => (await import('./commands/streams.ts')).streams,
  keys: async () => (await import('./commands/keys.ts')).keys,
  recordings: async () => (await import('./commands/recordings.ts')).recordings,
  nodes: async () => (await import('./commands/nodes.ts')).nodes,
  events: async () => (await import('./commands/events.ts')).events,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
}

/** Runs a command line and returns the exit code. Throws UsageError, ApiError, CodedError. */
export async function run(args: readonly string[], env: Env, print: (text: string) => void): Promise<number> {
  const json = args.includes('--json')
  const [name = 'help', ...rest] = args.filter((arg) => arg !== '--json')
  if (name === 'help' || name === '--help' || name === '-h') {
    print(USAGE)
    return 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) throw new UsageError(`there is no command ${JSON.stringify(name)}\n\n${USAGE}`)
  const command = await load()
  return command(rest, { env, json, print })
}
