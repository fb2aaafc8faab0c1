import type { Route } from '../http/route.ts'
import { getTimelineRoute } from './archive/timeline.ts'
import { getTimeshiftRoute } from './archive/timeshift.ts'
import { getUsageRoute } from './archive/usage.ts'
import { createClipRoute } from './clips/create.ts'
import { deleteClipRoute } from './clips/delete.ts'
import { getClipRoute } from './clips/get.ts'
import { listClipsRoute } from './clips/list.ts'
import { getDeliveryRoute } from './deliveries/get.ts'
import { listDeliveriesRoute } from './deliveries/list.ts'
import { retryDeliveryRoute } from './deliveries/retry.ts'
import { getEventRoute } from './events/get.ts'
import { listEventsRoute } from './events/list.ts'
import { redeliverEventRoute } from './events/redeliver.ts'
import { getHealthRoute } from './health/get.ts'
import { getJobRoute } from './jobs/get.ts'
import { admitRoute } from './node-link/admit.ts'
import { desiredStateRoute } from './node-link/desired-state.ts'
import { heartbeatRoute } from './node-link/heartbeat.ts'
import { originsRoute } from './node-link/origins.ts'
import { pullGrantRoute } from './node-link/pull-grant.ts'
import { pushGrantRoute } from './node-link/push-grant.ts'
import { storageGrantsRoute } from './node-link/storage-grants.ts'
import { registerRoute } from './node-link/register.ts'
import { reportsRoute } from './node-link/reports.ts'
import { deleteNodeRoute } from './nodes/delete.ts'
import { drainNodeRoute } from './nodes/drain.ts'
import { getNodeRoute } from './nodes/get.ts'
import { listNodesRoute } from './nodes/list.ts'
import { undrainNodeRoute } from './nodes/undrain.ts'
import { createPlaybackIdRoute } from './playback-ids/create.ts'
import { deletePlaybackIdRoute } from './playback-ids/delete.ts'
import { listPlaybackIdsRoute } from './playback-ids/list.ts'
import { createPlaybackRevocationRoute } from './playback-revocations/create.ts'
import { deletePlaybackRevocationRoute } from './playback-revocations/delete.ts'
import { listPlaybackRevocationsRoute } from './playback-revocations/list.ts'
import { createPlaybackTokenRoute } from './playback-tokens/create.ts'
import { getPlaybackFileRoute } from './playback/file.ts'
import { getPlaybackRoute } from './playback/get.ts'
import { createProjectRoute } from './projects/create.ts'
import { deleteProjectRoute } from './projects/delete.ts'
import { getProjectRoute } from './projects/get.ts'
import { listProjectsRoute } from './projects/list.ts'
import { updateProjectRoute } from './projects/update.ts'
import { attachPushTargetRoute } from './push-targets/attach.ts'
import { createPushTargetRoute } from './push-targets/create.ts'
import { deletePushTargetRoute } from './push-targets/delete.ts'
import { detachPushTargetRoute } from './push-targets/detach.ts'
import { getPushTargetRoute } from './push-targets/get.ts'
import { listStreamPushTargetsRoute } from './push-targets/list-of-stream.ts'
import { listPushTargetsRoute } from './push-targets/list.ts'
import { updatePushTargetRoute } from './push-targets/update.ts'
import { createRecordingPlaybackIdRoute } from './recordings/create-playback-id.ts'
import { deleteRecordingPlaybackIdRoute } from './recordings/delete-playback-id.ts'
import { deleteRecordingRoute } from './recordings/delete.ts'
import { finishRecordingRoute } from './recordings/finish.ts'
import { getRecordingRoute } from './recordings/get.ts'
import { listRecordingPlaybackIdsRoute } from './recordings/list-playback-ids.ts'
import { listRecordingsRoute } from './recordings/list.ts'
import { getRecordingPlaybackRoute } from './recordings/playback.ts'
import { splitRecordingRoute } from './recordings/split.ts'
import { startRecordingRoute } from './recordings/start.ts'
import { stopRecordingRoute } from './recordings/stop.ts'
import { updateRecordingRoute } from './recordings/update.ts'
import { getSessionRoute } from './sessions/get.ts'
import { listSessionsRoute } from './sessions/list.ts'
import { createSigningKeyRoute } from './signing-keys/create.ts'
import { getSigningKeyRoute } from './signing-keys/get.ts'
import { jwksRoute } from './signing-keys/jwks.ts'
import { listSigningKeysRoute } from './signing-keys/list.ts'
import { revokeSigningKeyRoute } from './signing-keys/revoke.ts'
import { createStorageRoute } from './storages/create.ts'
import { deleteStorageRoute } from './storages/delete.ts'
import { getStorageRoute } from './storages/get.ts'
import { listStoragesRoute } from './storages/list.ts'
import { testStorageRoute } from './storages/test.ts'
import { updateStorageRoute } from './storages/update.ts'
import { createStreamKeyRoute } from './stream-keys/create.ts'
import { listStreamKeysRoute } from './stream-keys/list.ts'
import { revokeStreamKeyRoute } from './stream-keys/revoke.ts'
import { rotateStreamKeysRoute } from './stream-keys/rotate.ts'
import { updateStreamKeyRoute } from './stream-keys/update.ts'
import { createStreamRoute } from './streams/create.ts'
import { deleteStreamRoute } from './streams/delete.ts'
import { disableStreamRoute } from './streams/disable.ts'
import { disconnectStreamRoute } from './streams/disconnect.ts'
import { enableStreamRoute } from './streams/enable.ts'
import { getStreamRoute } from './streams/get.ts'
import { getIngestRoute } from './streams/ingest.ts'
import { listStreamsRoute } from './streams/list.ts'
import { updateStreamRoute } from './streams/update.ts'
import { createTokenRoute } from './tokens/create.ts'
import { deleteTokenRoute } from './tokens/delete.ts'
import { getTokenRoute } from './tokens/get.ts'
import { listTokensRoute } from './tokens/list.ts'
import { createVhostRoute } from './vhosts/create.ts'
import { deleteVhostRoute } from './vhosts/delete.ts'
import { getVhostRoute } from './vhosts/get.ts'
import { listVhostsRoute } from './vhosts/list.ts'
import { rotateHookSecretRoute } from './vhosts/rotate-hook-secret.ts'
import { updateVhostRoute } from './vhosts/update.ts'
import { kickViewerRoute } from './viewers/kick.ts'
import { listViewersRoute } from './viewers/list.ts'
import { createWebhookEndpointRoute } from './webhook-endpoints/create.ts'
import { deleteWebhookEndpointRoute } from './webhook-endpoints/delete.ts'
import { getWebhookEndpointRoute } from './webhook-endpoints/get.ts'
import { listWebhookEndpointsRoute } from './webhook-endpoints/list.ts'
import { redeliverToEndpointRoute } from './webhook-endpoints/redeliver.ts'
import { rotateWebhookSecretRoute } from './webhook-endpoints/rotate-secret.ts'
import { testWebhookEndpointRoute } from './webhook-endpoints/test.ts'
import { updateWebhookEndpointRoute } from './webhook-endpoints/update.ts'

/** In the order of the documentation. */
const ROUTES: readonly Route[] = [
  createProjectRoute,
  listProjectsRoute,
  getProjectRoute,
  updateProjectRoute,
  deleteProjectRoute,
  createTokenRoute,
  listTokensRoute,
  getTokenRoute,
  deleteTokenRoute,
  createVhostRoute,
  listVhostsRoute,
  getVhostRoute,
  updateVhostRoute,
  deleteVhostRoute,
  rotateHookSecretRoute,
  createStreamRoute,
  listStreamsRoute,
  getStreamRoute,
  updateStreamRoute,
  deleteStreamRoute,
  enableStreamRoute,
  disableStreamRoute,
  disconnectStreamRoute,
  getIngestRoute,
  createStreamKeyRoute,
  listStreamKeysRoute,
  updateStreamKeyRoute,
  rotateStreamKeysRoute,
  revokeStreamKeyRoute,
  createPlaybackIdRoute,
  listPlaybackIdsRoute,
  deletePlaybackIdRoute,
  getPlaybackRoute,
  getPlaybackFileRoute,
  getTimeshiftRoute,
  createPlaybackTokenRoute,
  createPlaybackRevocationRoute,
  listPlaybackRevocationsRoute,
  deletePlaybackRevocationRoute,
  createSigningKeyRoute,
  listSigningKeysRoute,
  getSigningKeyRoute,
  revokeSigningKeyRoute,
  jwksRoute,
  listSessionsRoute,
  getSessionRoute,
  listViewersRoute,
  kickViewerRoute,
  createPushTargetRoute,
  listPushTargetsRoute,
  getPushTargetRoute,
  updatePushTargetRoute,
  deletePushTargetRoute,
  attachPushTargetRoute,
  listStreamPushTargetsRoute,
  detachPushTargetRoute,
  startRecordingRoute,
  listRecordingsRoute,
  getRecordingRoute,
  getRecordingPlaybackRoute,
  getTimelineRoute,
  getUsageRoute,
  createClipRoute,
  listClipsRoute,
  getClipRoute,
  deleteClipRoute,
  updateRecordingRoute,
  deleteRecordingRoute,
  stopRecordingRoute,
  splitRecordingRoute,
  finishRecordingRoute,
  createRecordingPlaybackIdRoute,
  listRecordingPlaybackIdsRoute,
  deleteRecordingPlaybackIdRoute,
  createStorageRoute,
  listStoragesRoute,
  getStorageRoute,
  updateStorageRoute,
  testStorageRoute,
  deleteStorageRoute,
  createWebhookEndpointRoute,
  listWebhookEndpointsRoute,
  getWebhookEndpointRoute,
  updateWebhookEndpointRoute,
  deleteWebhookEndpointRoute,
  testWebhookEndpointRoute,
  rotateWebhookSecretRoute,
  redeliverToEndpointRoute,
  listDeliveriesRoute,
  getDeliveryRoute,
  retryDeliveryRoute,
  listEventsRoute,
  getEventRoute,
  redeliverEventRoute,
  getJobRoute,
  listNodesRoute,
  getNodeRoute,
  drainNodeRoute,
  undrainNodeRoute,
  deleteNodeRoute,
  admitRoute,
  desiredStateRoute,
  pullGrantRoute,
  pushGrantRoute,
  storageGrantsRoute,
  heartbeatRoute,
  registerRoute,
  originsRoute,
  reportsRoute,
]

/** Every route. `version` is the program's. */
export const routes = (version: string): readonly Route[] => [getHealthRoute(version), ...ROUTES]
