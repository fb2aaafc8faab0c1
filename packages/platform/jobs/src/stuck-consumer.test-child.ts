/** A process of the tests that takes a job and never ends it. Arguments: queue URL, namespace. */
import { openQueues } from './index.ts'

const [url = '', namespace = ''] = process.argv.slice(2)
const queues = await openQueues(url, { namespace })
queues.consume(
  'webhook-deliveries',
  async () => {
    process.send?.('taken')
    return new Promise<never>(() => {})
  },
  { lockMs: 1000, stalledCheckMs: 300 },
)
