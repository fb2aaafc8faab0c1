/** Network, database and queue. */
export interface Stores {
  vpc: sst.aws.Vpc
  database: sst.aws.Postgres
  redis: sst.aws.Redis
  /** Through RDS Proxy, which shares connections by the transaction: for Lambda. */
  pooledUrl: $util.Output<string>
  /** To the server itself: for the worker, which listens to notifications, and for migrations. */
  directUrl: $util.Output<string>
  queueUrl: $util.Output<string>
}

/** Creates the network with PostgreSQL and Redis in it. */
export function createStores(): Stores {
  // what runs inside reaches webhook receivers through the NAT
  const vpc = new sst.aws.Vpc('Network', { nat: 'ec2' })
  const database = new sst.aws.Postgres('Database', {
    vpc,
    version: '17',
    proxy: true,
    database: 'millrace',
    transform: {
      // a Lambda that is cut off in a transaction must not keep its locks
      parameterGroup: (args) => {
        args.parameters = [
          { name: 'idle_in_transaction_session_timeout', value: '20000' },
          { name: 'statement_timeout', value: '30000' },
          { name: 'rds.force_ssl', value: '0' },
        ]
      },
    },
  })
  // BullMQ's scripts want all keys of a queue on one server
  const redis = new sst.aws.Redis('Queue', {
    vpc,
    engine: 'valkey',
    cluster: false,
    parameters: { 'maxmemory-policy': 'noeviction' },
  })
  const { username, password, port, database: name } = database
  const secretOf = (text: $util.Output<string> | undefined) => $output(text ?? '').apply(encodeURIComponent)
  const urlOf = (host: $util.Input<string | undefined>) =>
    $interpolate`postgres://${username}:${secretOf(password)}@${host}:${port}/${name}`
  return {
    vpc,
    database,
    redis,
    pooledUrl: urlOf(database.host),
    directUrl: urlOf(database.nodes.instance!.address),
    queueUrl: $interpolate`rediss://${redis.username}:${secretOf(redis.password)}@${redis.host}:${redis.port}`,
  }
}
