import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { issueText, loadConfig, type Issue, type LoadedConfig, type ServerConfig } from '@millrace/config'
import { CodedError, errorCode, errorMessage, type Logger, type Scope } from '@millrace/core'
import { runProgram } from '@millrace/telemetry'

import type { Listeners, NodePorts } from '../listeners.ts'
import { VERSION } from '../version.ts'
import { readCommandLine, USAGE } from './command-line.ts'
import { ConfApi } from './conf-api.ts'
import { ConfLog } from './conf-log.ts'
import { confSettings } from './conf-settings.ts'
import { isDaemon, startDaemon } from './daemon.ts'
import { isInDocker } from './docker.ts'
import { filesFrom, findConfigFile } from './files.ts'
import { watchParent } from './parent.ts'
import { writePidFile } from './pid-file.ts'
import { dropPrivileges } from './privileges.ts'
import { Reloader } from './reloader.ts'
import { serverId } from './server-id.ts'
import { Vhosts } from './vhosts.ts'
import { watchConfig } from './watch.ts'

/** SRS's 1023, as much of it as an exit code holds. */
const EXIT_CONFIG = 1023 & 0xff

/** Where the configuration comes from, and what was in it at the start. */
interface Source {
  /** As it is named to people. */
  readonly file: string
  /** Reads it again. */
  readonly load: () => LoadedConfig
  /** Absolute path; undefined without a file. */
  readonly path: string | undefined
}

/** `millrace node …`: a media node alone, as its configuration file wants it. Sets the exit code. */
export async function runWithConf(args: readonly string[]): Promise<void> {
  try {
    const command = readCommandLine(args)
    if (command.type === 'help') return say(USAGE)
    if (command.type === 'version') return complain(VERSION)
    if (command.type === 'signature') return complain(`Millrace/${VERSION}`)
    const source = command.file === undefined ? environmentOnly() : fileSource(command.file)
    const { config, issues } = source.load()
    if (!config || command.type === 'test') {
      for (const issue of issues.filter(({ severity }) => severity !== 'notice')) complain(issueText(issue))
    }
    if (!config) {
      process.exitCode = EXIT_CONFIG
      return complain(`${source.file}: the configuration is wrong`)
    }
    if (command.type === 'test') return say(`${source.file}: the configuration is ok\n`)
    const daemon = isDaemon()
    if (daemon || !becomesDaemon(config)) return await run(source, config, issues, daemon)
    const { code, failure } = await startDaemon()
    if (failure !== undefined) complain(`cannot start: ${failure}`)
    process.exitCode = code
  } catch (error) {
    complain(errorMessage(error))
    process.exitCode = errorCode(error) === 'NODE_USAGE' ? 2 : EXIT_CONFIG
  }
}

function fileSource(wanted: string): Source {
  const file = findConfigFile(wanted)
  if (file === undefined) throw new CodedError('CONFIG_FILE', `there is no configuration file ${wanted}`)
  if (file !== wanted) complain(`there is no ${wanted}: ${file} is used`)
  const files = filesFrom(process.cwd())
  const load = (): LoadedConfig => loadConfig(file, { files, environment: process.env })
  return { file, load, path: path.resolve(file) }
}

function environmentOnly(): Source {
  const files = { read: () => '', glob: () => [] }
  return {
    file: 'environment',
    load: () => loadConfig('environment', { files, environment: process.env }),
    path: undefined,
  }
}

/** As in SRS, a container has no use for a daemon, unless the file says otherwise. */
function becomesDaemon({ daemon, in_docker: inDocker, disable_daemon_for_docker: notInDocker }: ServerConfig): boolean {
  return daemon && !(notInDocker && (inDocker || isInDocker()))
}

async function run(source: Source, config: ServerConfig, issues: readonly Issue[], daemon: boolean): Promise<void> {
  process.chdir(config.work_dir)
  const log = new ConfLog(config)
  await runProgram({
    name: 'node',
    daemon,
    level: () => log.level,
    output: log,
    // the log has forms of its own
    format: 'json',
    endSignals: ['SIGINT'],
    async open(scope, logger, end) {
      for (const issue of issues) logger[issue.severity === 'notice' ? 'info' : 'warn']({}, issueText(issue))
      try {
        return { ports: await start(source, config, { scope, logger, log, end }) }
      } catch (error) {
        // whoever starts it looks at the console first
        if (log.hasFile) complain(`cannot start: ${errorMessage(error)}`)
        throw error
      }
    },
  })
}

interface Program {
  scope: Scope
  logger: Logger
  log: ConfLog
  end: (reason: string) => void
}

async function start(source: Source, config: ServerConfig, program: Program): Promise<NodePorts> {
  const { scope, logger } = program
  if (config.asprocess) scope.defer(watchParent(() => program.end('the process that started it has gone')))
  // a test of the file needs no node
  const { compose } = await import('../compose.ts')
  scope.defer(writePidFile(config.pid))
  const vhosts = new Vhosts(config)
  const settings = confSettings(config, serverId(config.server_id, config.pid))
  const api = new ConfApi(config)
  const { ports, listeners, refresh } = await compose(settings, scope, logger, vhosts, () => api.options)
  dropPrivileges(config.user, config.group)
  const reloader = new Reloader(config, {
    load: source.load,
    apply(changed) {
      const failure = program.log.update(changed)
      if (failure !== undefined) logger.warn({}, failure)
      vhosts.update(changed)
      api.update(changed)
      refresh()
      listeners.limit(changed.max_connections)
    },
    logger,
  })
  api.attach(reloader)
  obeySignals(reloader, listeners, program)
  watchSource(source, reloader, scope)
  logger.info({ ...ports, conf: source.file }, 'media node ready')
  return ports
}

function watchSource({ path: file }: Source, reloader: Reloader, scope: Scope): void {
  const { inotify_auto_reload: always, auto_reload_for_docker: ifDocker, in_docker: inDocker } = reloader.config
  if (file === undefined || !(always || (ifDocker && (inDocker || isInDocker())))) return
  scope.defer(watchConfig(file, () => reloader.reload()))
}

/** @see SRS: HUP reloads, USR1 reopens the log, QUIT ends when all have left, TERM at once or as QUIT */
function obeySignals(reloader: Reloader, listeners: Listeners, { log, logger, end }: Program): void {
  let quitting = false
  const quit = async (signal: string): Promise<void> => {
    if (quitting) return
    quitting = true
    const { grace_start_wait: startMs, grace_final_wait: finalMs } = reloader.config
    logger.info({ startMs, finalMs }, 'the node ends when all have left')
    await sleep(startMs)
    await listeners.drain()
    await sleep(finalMs)
    end(signal)
  }
  process.on('SIGHUP', () => void reloader.reload())
  // a listener keeps the inspector from being opened by this signal
  process.on('SIGUSR1', () => log.reopen())
  process.on('SIGQUIT', () => void quit('SIGQUIT'))
  process.on('SIGTERM', () => {
    if (reloader.config.force_grace_quit && !quitting) void quit('SIGTERM')
    else end('SIGTERM')
  })
}

function say(text: string): void {
  process.stdout.write(text)
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}
