import type { AddressGuard } from '@millrace/address-guard'
import type { Stores } from '@millrace/storage'

import type { JobTypes } from '../work/job-type.ts'
import { clipJob } from './clip.ts'
import { deleteClipJob, deleteRecordingJob } from './delete.ts'
import { deleteObjectsJob, finishJob } from './finish.ts'
import { onDvrJob } from './on-dvr.ts'
import { sweepJob } from './sweep.ts'

/** How every job of the queue `work` is done. `hooks` says which backends may be told of recordings. */
export const createJobTypes = (stores: Stores, hooks: AddressGuard): JobTypes => ({
  'recording.finish': finishJob(stores),
  'recording.delete': deleteRecordingJob(stores),
  'recording.on_dvr': onDvrJob(hooks),
  'clip.make': clipJob(stores),
  'clip.delete': deleteClipJob(stores),
  'objects.delete': deleteObjectsJob(stores),
  'storage.sweep': sweepJob(stores),
})
