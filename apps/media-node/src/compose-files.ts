import type { Logger } from '@millrace/core'
import type { LiveStream, Publication } from '@millrace/hub'

import type { VhostPolicies } from './admission/vhost-policy.ts'
import { systemScheduler } from './io/clock.ts'
import { DashFiles } from './outputs/dash-files/dash-files.ts'
import { HdsFiles } from './outputs/hds-files/hds-files.ts'
import { HlsFiles, type HlsFilesDeps } from './outputs/hls-files/hls-files.ts'

export interface FileOutputsDeps {
  readonly policyOf: VhostPolicies
  readonly logger: Logger
  /** Told of each segment of HLS that was written. */
  readonly written: HlsFilesDeps['written'] | undefined
}

/** What writes streams into files, for the vhosts that want it. */
export interface FileOutputs {
  readonly hls: HlsFiles
  live(stream: LiveStream, publication: Publication): void
  /** Policies have changed. */
  refresh(streams: readonly LiveStream[]): void
  close(): Promise<void>
}

/** HLS, DASH and HDS in files. */
export function openFileOutputs({ policyOf, logger, written }: FileOutputsDeps): FileOutputs {
  const common = { policyOf, scheduler: systemScheduler, logger }
  const settingsOf: HlsFilesDeps['settingsOf'] = ({ vhost }) => policyOf(vhost).hlsFiles
  const hls = new HlsFiles({ ...common, settingsOf, ...(written && { written }) })
  const all = [hls, new DashFiles(common), new HdsFiles(common)]
  return {
    hls,
    live: (stream, publication) => all.forEach((each) => each.live(stream, publication)),
    refresh: (streams) => all.forEach((each) => each.refresh(streams)),
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  }
}
