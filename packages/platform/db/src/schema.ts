/** The tables. Row types are `typeof table.$inferSelect`. */
export { eventCounters, events, deliveries, deliveryAttempts, outbox, webhookEndpoints } from './schema/events.ts'
export { jobs } from './schema/jobs.ts'
export { nodeReports, nodes } from './schema/nodes.ts'
export { playbackRevocations, signingKeys } from './schema/playback.ts'
export { playbackIds, sessions, streamKeys, streams, vhosts } from './schema/streams.ts'
export { apiTokens, auditLog, idempotencyKeys, projects } from './schema/tenancy.ts'
