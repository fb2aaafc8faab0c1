import type { Ingest } from '@millrace/contracts'
import { vhosts } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { readyNodes } from './nodes.ts'
import { findStream } from './streams.ts'
import type { ReadUnit } from './unit.ts'
import { rtmpUrl, type StreamAddress, whipUrl } from './urls.ts'

/** Stands where the key goes: a key is known only when it is made. */
const KEY_PLACE = 'YOUR_STREAM_KEY'

/** Where to publish a stream. On an open vhost no key is in the URLs, as none is needed. */
export async function getIngest(unit: ReadUnit, streamId: string): Promise<Ingest> {
  const { stream, vhost } = await findStream(unit, streamId)
  const [row] = await unit.db.select({ access: vhosts.access }).from(vhosts).where(eq(vhosts.id, stream.vhostId))
  return ingestUrls(unit, { vhost, app: stream.app, name: stream.name }, row?.access === 'open' ? undefined : KEY_PLACE)
}

/** The publish URLs of every node that is ready. */
export async function ingestUrls(unit: ReadUnit, address: StreamAddress, key: string | undefined): Promise<Ingest> {
  const nodes = await readyNodes(unit)
  const urls = nodes.flatMap(({ id, region, addresses }) =>
    (['rtmp', 'rtmps', 'whip'] as const).flatMap((protocol) => {
      const base = addresses[protocol === 'whip' ? 'rtc' : protocol]
      if (base === undefined) return []
      const { url, server, streamKey } =
        protocol === 'whip' ? whipUrl(base, address, key) : rtmpUrl(base, address, { key })
      return [{ node_id: id, region, protocol, url, obs: { server, stream_key: streamKey } }]
    }),
  )
  return { urls }
}
