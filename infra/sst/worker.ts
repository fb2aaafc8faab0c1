import type { Secrets } from './secrets.ts'
import type { Stores } from './stores.ts'

/** The worker as a service on Fargate. */
export function createWorker(stores: Stores, secrets: Secrets): void {
  const cluster = new sst.aws.Cluster('Cluster', { vpc: stores.vpc })
  new sst.aws.Service('Worker', {
    cluster,
    architecture: 'arm64',
    cpu: '0.25 vCPU',
    memory: '1 GB',
    scaling: { min: 1, max: 4 },
    image: { context: '.', dockerfile: 'infra/Dockerfile' },
    command: ['apps/worker/src/main.ts'],
    link: [stores.database, stores.redis, secrets.root],
    environment: {
      DATABASE_URL: stores.directUrl,
      QUEUE_URL: stores.queueUrl,
      MILLRACE_SECRET: secrets.root.value,
      MILLRACE_LOG: 'json',
    },
    // `sst dev` uses `npm start`
    dev: false,
  })
}
