import type { Secrets } from './secrets.ts'
import type { Stores } from './stores.ts'

/** The REST API on Lambda behind a function URL, what sets up each deployment, and the scheduled drain. */
export function createApi(stores: Stores, secrets: Secrets): { url: $util.Output<string> } {
  const common = {
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memory: '512 MB',
    vpc: stores.vpc,
    link: [stores.database, secrets.root],
    // the pages of /docs are files of a package, the migrations files of the repository
    nodejs: { install: ['swagger-ui-dist'] },
    copyFiles: [{ from: 'migrations' }],
  } satisfies Partial<sst.aws.FunctionArgs>
  const environment = {
    MILLRACE_SECRET: secrets.root.value,
    MILLRACE_ADMIN_TOKEN: secrets.adminToken.value,
    MILLRACE_NODE_TOKEN: secrets.nodeToken.value,
    MILLRACE_DRAIN_TOKEN: secrets.drainToken.value,
    MILLRACE_MIGRATIONS: 'migrations',
    MILLRACE_LOG: 'json',
  }
  const setUp = new sst.aws.Function('SetUp', {
    ...common,
    handler: 'apps/control/src/lambda.setUp',
    timeout: '5 minutes',
    environment: { ...environment, DATABASE_URL: stores.directUrl },
  })
  // each new code runs it once, before the API takes requests
  const done = new aws.lambda.Invocation('SetUpDone', {
    functionName: setUp.name,
    input: JSON.stringify({}),
    triggers: { code: setUp.nodes.function.apply((made) => made.sourceCodeHash) },
  })
  const api = new sst.aws.Function(
    'Api',
    {
      ...common,
      handler: 'apps/control/src/lambda.handler',
      timeout: '30 seconds',
      url: true,
      environment: { ...environment, DATABASE_URL: stores.pooledUrl },
    },
    { dependsOn: [done] },
  )
  // with the worker running there is nothing left for it; without one it delivers the webhooks
  new sst.aws.CronV2('Drain', {
    schedule: 'rate(1 minute)',
    function: {
      ...common,
      handler: 'apps/control/src/lambda.drain',
      timeout: '60 seconds',
      environment: { ...environment, DATABASE_URL: stores.pooledUrl },
    },
    retries: 0,
  })
  return { url: api.url }
}
