/**
 * `npm run check:sst`: installs SST in its own folder (400 MB), has it write its types, checks `sst.config.ts` with them, and
 * starts the Lambda bundle as SST makes it. Needs the npm registry, nothing of AWS, and deploys nothing.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const root = path.resolve(import.meta.dirname, '../..')
const sst = path.join(root, 'infra/sst')
const scratch = mkdtempSync(path.join(os.tmpdir(), 'millrace-sst-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): void {
  console.log(`> ${path.basename(command)} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error || status !== 0) {
    console.error(`millrace: ${path.basename(command)} failed${error ? `: ${error.message}` : ''}`)
    process.exit(1)
  }
}

run('npm', ['ci', '--no-audit', '--no-fund'], sst)
if (!existsSync(path.join(root, '.sst/platform/config.d.ts'))) {
  // without these it asks GitHub for tools that only a deployment needs, and writes into the home directory
  const offline = { SST_SKIP_DEPENDENCY_CHECK: 'true', SST_NO_BUN: 'true', SST_TELEMETRY_DISABLED: '1', HOME: scratch }
  run(path.join(sst, 'node_modules/.bin/sst'), ['install', '--stage', 'check'], root, offline)
}
run('tsc', ['-p', 'infra/sst'], root)

const banner = `import { createRequire } from 'module';const require = createRequire(import.meta.url);`
const bundle = path.join(scratch, 'bundle.mjs')
run(
  path.join(sst, 'node_modules/.bin/esbuild'),
  [
    'apps/control/src/lambda.ts',
    `--outfile=${bundle}`,
    `--banner:js=${banner}`,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node24',
    '--external:swagger-ui-dist',
    '--log-level=warning',
  ],
  root,
)
cpSync(path.join(root, 'migrations'), path.join(scratch, 'migrations'), { recursive: true })
symlinkSync(path.join(root, 'node_modules'), path.join(scratch, 'node_modules'))
const event = (rawPath: string) => ({
  version: '2.0',
  rawPath,
  rawQueryString: '',
  headers: { host: 'localhost' },
  requestContext: { domainName: 'localhost', http: { method: 'GET', path: rawPath } },
})
const program = `
  const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)})
  const answers = [await handler(${JSON.stringify(event('/v1/streams'))}), await handler(${JSON.stringify(event('/docs/swagger-ui.css'))})]
  const statuses = answers.map(({ statusCode }) => statusCode).join(' ')
  console.log('the bundle answers', statuses)
  process.exit(statuses === '401 200' ? 0 : 1)`
run(process.execPath, ['--input-type=module', '-e', program], scratch, {
  DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing',
  MILLRACE_SECRET: Buffer.alloc(32).toString('base64'),
})
