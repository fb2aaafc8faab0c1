import assert from 'node:assert/strict'

import type { TestControl } from './control.ts'

/** A question of a node about a client; what isn't given is a publisher by RTMP of `live/show` at 192.0.2.9. */
export interface Wanted {
  action?: string
  protocol?: string
  vhost?: string
  app?: string
  stream?: string
  params?: Record<string, string>
  client?: { ip: string; page_url?: string; user_agent?: string }
}

/** A node that asks who may come in. */
export interface AdmittingNode {
  id: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests assert on what they read
  admit(wanted?: Wanted): Promise<any>
  /** `allowed`, or the code of the refusal, which says why. */
  code(wanted?: Wanted): Promise<string>
}

/** Registers a node. */
export async function startAdmittingNode(control: TestControl): Promise<AdmittingNode> {
  const token = control.nodeToken
  const boot = { name: 'n', boot_id: 'boot-00001', version: '0', addresses: {} }
  const { body: node } = await control.call('POST', '/node/v1/register', { token, body: boot })
  const id = node.node_id as string
  const admit = async (wanted: Wanted = {}) => {
    const asked = { action: 'publish', protocol: 'rtmp', vhost: 'localhost', app: 'live', stream: 'show', params: {} }
    const { status, body } = await control.call('POST', '/node/v1/admit', {
      token,
      body: { node_id: id, ...asked, client: { ip: '192.0.2.9' }, ...wanted },
    })
    assert.equal(status, 200)
    return body
  }
  return {
    id,
    admit,
    async code(wanted) {
      const answer = await admit(wanted)
      if (!answer.allow) assert.ok(answer.reason.length > 0)
      return answer.allow ? 'allowed' : answer.code
    },
  }
}
