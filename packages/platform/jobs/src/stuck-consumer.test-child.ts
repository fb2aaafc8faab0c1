/** A process of the tests that takes a job and never ends it. Argument: the queue URL. */
import { openQueues } from './index.ts'

const queues = await openQueues(process.argv[2] ?? '')
queues.consume(
  'webhook-deliveries',
  async () => {
    process.send?.('taken')
    return new Promise<never>(() => {})
  },
  { lockMs: 1000, stalledCheckMs: 300 },
)
