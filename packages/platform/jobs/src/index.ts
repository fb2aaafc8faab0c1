export * from './payloads.ts'
export { openQueues, type Queues, type QueuesOptions } from './queues.ts'
export { prepareQueues, type QueueRole } from './schema.ts'
