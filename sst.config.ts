/**
 * Millrace on AWS: the REST API on Lambda, the worker on Fargate, media nodes on EC2, with PostgreSQL and Redis.
 * `infra/README.md` says how to deploy it, `npm run check:sst` checks the types.
 */
export default $config({
  app(input) {
    const production = input.stage === 'production'
    return {
      name: 'millrace',
      home: 'aws',
      removal: production ? 'retain' : 'remove',
      protect: production,
    }
  },
  async run() {
    const { createSecrets } = await import('./infra/sst/secrets.ts')
    const { createStores } = await import('./infra/sst/stores.ts')
    const { createApi } = await import('./infra/sst/api.ts')
    const { createWorker } = await import('./infra/sst/worker.ts')
    const { createNodes } = await import('./infra/sst/nodes.ts')
    const secrets = createSecrets()
    const stores = createStores()
    const api = createApi(stores, secrets)
    createWorker(stores, secrets)
    createNodes(stores, secrets, api.url)
    return { api: api.url }
  },
})
