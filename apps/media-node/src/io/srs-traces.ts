import type { LogFields } from '@millrace/core'

const MAX_LENGTH = 64

/**
 * What servers of SRS's kind tell each other in `connect` and its answer, for log lines: by the id the other server's lines of this
 * session are found.
 *
 * @param told a peer's object, which may have anything in it
 */
export function srsTraces(told: Readonly<Record<string, unknown>> | null | undefined): LogFields {
  const { srs_id: id, srs_pid: pid, srs_server_ip: ip } = told ?? {}
  return {
    ...(isShort(id) && { peer_srs_id: id }),
    ...(typeof pid === 'number' && { peer_srs_pid: pid }),
    ...(isShort(ip) && { peer_srs_ip: ip }),
  }
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH
}
