import assert from 'node:assert/strict'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import test, { after, before, type TestContext } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { type AdmittingNode, startAdmittingNode, type Wanted } from './test-support/admission.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
let node: AdmittingNode
before(async () => {
  control = await startTestControl()
  node = await startAdmittingNode(control)
})
after(() => control.close())

interface Question {
  headers: http.IncomingHttpHeaders
  text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests assert on what they read
  body: any
}

/** A real server that decides; `answer` may be changed at any time. */
interface Decider {
  url: string
  asked: Question[]
  answer: (response: http.ServerResponse, question: Question) => void
}

async function startDecider(t: TestContext): Promise<Decider> {
  const decider: Decider = { url: '', asked: [], answer: (response) => response.end('{"allow":true}') }
  const server = http.createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      const question = { headers: request.headers, text, body: JSON.parse(text) }
      decider.asked.push(question)
      decider.answer(response, question)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  decider.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/decide`
  return decider
}

let count = 0

/** A vhost that asks this server. */
async function hooked(url: string, hook: Record<string, unknown> = {}, settings: Record<string, unknown> = {}) {
  const name = `hook${++count}.example`
  const { status, body } = await control.call('POST', '/v1/vhosts', {
    body: { name, access: 'hook', admission_hook: { url, ...hook }, ...settings },
  })
  assert.equal(status, 201)
  return { name, id: body.id as string, secret: body.hook_secret as string }
}

const admit = (vhost: string, wanted: Wanted = {}) => node.admit({ vhost, ...wanted })

const answers =
  (text: string, status = 200) =>
  (response: http.ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)

test('a native hook is asked by a signed message, without the key, and its answer holds', async (t) => {
  const decider = await startDecider(t)
  const { name, secret } = await hooked(decider.url)
  decider.answer = answers(
    '{"allow":true,"stream":"renamed","max_bitrate_kbps":2500,"lifetime_s":60,"metadata":{"owner":"ann"},"unknown":1}',
  )
  const grant = await admit(name, { params: { user: 'ann', key: 'sk_not-of-this-stream' } })
  assert.deepEqual(
    [grant.allow, grant.stream, grant.limits.max_bitrate_kbps, grant.limits.max_duration_s, grant.per_client],
    [true, 'renamed', 2500, 60, true],
  )
  assert.deepEqual((await control.call('GET', `/v1/streams/${grant.stream_id}`)).body.metadata, { owner: 'ann' })
  const [question] = decider.asked
  new Webhook(secret).verify(question!.text, question!.headers as Record<string, string>)
  assert.equal(question!.headers['webhook-id'], question!.body.id)
  assert.equal(question!.body.type, 'admission.publish')
  assert.deepEqual(question!.body.data, {
    vhost: name,
    app: 'live',
    stream: 'show',
    protocol: 'rtmp',
    client: { ip: '192.0.2.9' },
    params: { user: 'ann' },
    key_id: null,
    node_id: node.id,
  })
  decider.answer = answers('{"allow":false,"reason":"not today"}')
  const refusal = await admit(name)
  assert.deepEqual([refusal.allow, refusal.code, refusal.reason], [false, 'HOOK_DENIED', 'not today'])
})

test('a publisher is refused within the deadline by a hook that hangs, fails, babbles or points elsewhere', async (t) => {
  const decider = await startDecider(t)
  const { name } = await hooked(decider.url, { deadline_ms: 300 })
  let elsewhere = 0
  const other = await startDecider(t)
  other.answer = (response) => {
    elsewhere++
    response.end('{"allow":true}')
  }
  const faults: Record<string, Decider['answer']> = {
    'never answers': () => {},
    'begins an answer': (response) => void response.writeHead(200).write('{"allow":true'),
    'whole answer that never ends': (response) => void response.writeHead(200).write('{"allow":true}'),
    'answers 500': answers('{"allow":true}', 500),
    'answers 404': answers('{"allow":true}', 404),
    garbage: answers('<html>'),
    nothing: answers(''),
    'another shape': answers('{"allowed":true}'),
    'a yes in words': answers('{"allow":"true"}'),
    'too much': answers(`{"allow":true,"reason":"${'x'.repeat(100_000)}"}`),
    redirect: (response) => response.writeHead(307, { location: other.url }).end(),
    'hangs up': (response) => void response.destroy(),
  }
  for (const [what, answer] of Object.entries(faults)) {
    decider.answer = answer
    const refusal = await admit(name)
    assert.deepEqual([refusal.allow, refusal.code], [false, 'HOOK_FAILED'], what)
  }
  assert.equal(elsewhere, 0)
  const { body: page } = await control.call('GET', '/v1/streams?name=show&limit=100')
  assert.ok(!page.data.some(({ vhost }: { vhost: string }) => vhost === name), 'a refused publisher makes no stream')
})

test('hooks that hang are in nobody else’s way', async (t) => {
  const decider = await startDecider(t)
  const { name: slow } = await hooked(decider.url, { deadline_ms: 5000 })
  const held: http.ServerResponse[] = []
  decider.answer = (response) => void held.push(response)
  const quick = await startDecider(t)
  const { name: fast } = await hooked(quick.url)
  // more than the database pool has connections, and more than the hook's lane takes
  const hanging = Array.from({ length: 60 }, (_, i) => admit(slow, { stream: `s${i}` }))
  let answered = 0
  for (const answer of hanging) void answer.then(() => answered++)
  for (let i = 0; i < 4; i++) {
    assert.equal((await admit('localhost', { stream: `free${i}` })).allow, true)
    assert.equal((await admit(fast, { stream: `fast${i}` })).allow, true)
  }
  assert.equal(answered, 0, 'they all still wait')
  decider.answer = answers('{"allow":true}')
  for (const response of held) decider.answer(response, decider.asked[0]!)
  for (const grant of await Promise.all(hanging)) assert.equal(grant.allow, true)
  assert.ok(held.length <= 32)
})

test('a connection that fails is made once more, an answer never asked for again', async (t) => {
  let connections = 0
  const server = net.createServer((socket) => {
    connections++
    socket.on('error', () => {})
    if (connections === 1) socket.resetAndDestroy()
    else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"allow":true}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { name } = await hooked(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  assert.equal((await admit(name)).allow, true)
  assert.equal(connections, 2)
  const decider = await startDecider(t)
  const { name: failing } = await hooked(decider.url)
  decider.answer = answers('', 500)
  await admit(failing)
  assert.equal(decider.asked.length, 1)
})

test('addresses inside the network are not asked unless allowed', async () => {
  const { name } = await hooked('http://10.0.0.1/decide', { deadline_ms: 300 })
  assert.equal((await admit(name)).code, 'HOOK_FAILED')
  const { name: metadata } = await hooked('http://169.254.169.254/latest', { deadline_ms: 300 })
  assert.equal((await admit(metadata)).code, 'HOOK_FAILED')
})

test('an answer is used again for the same client and request as long as the vhost says, by every copy', async (t) => {
  const decider = await startDecider(t)
  const { name } = await hooked(decider.url, { cache_ttl_s: 30 })
  await admit(name)
  await admit(name)
  assert.equal(decider.asked.length, 1)
  await admit(name, { client: { ip: '192.0.2.10' } })
  await admit(name, { params: { user: 'bob' } })
  assert.equal(decider.asked.length, 3)
  control.advance(31_000)
  await admit(name)
  assert.equal(decider.asked.length, 4)
})

test('while the hook is away a publisher is refused and a player gets the last answer', async (t) => {
  const decider = await startDecider(t)
  const { name } = await hooked(decider.url)
  const play = (stream: string) => admit(name, { action: 'play', protocol: 'http-flv', stream })
  decider.answer = (response, { body }) => answers(`{"allow":${body.data.stream !== 'secret'},"reason":"no"}`)(response)
  assert.equal((await admit(name)).allow, true)
  const first = await play('show')
  assert.deepEqual([first.allow, first.ttl_s, first.playback.hook_allowed], [true, 0, true])
  assert.equal((await play('secret')).code, 'HOOK_DENIED')
  decider.answer = answers('', 503)
  assert.equal((await admit(name)).code, 'HOOK_FAILED')
  assert.equal((await play('show')).allow, true)
  assert.equal((await play('secret')).code, 'HOOK_DENIED')
  assert.equal((await play('unknown')).code, 'HOOK_FAILED')
  const lenient = await hooked(decider.url, { on_error: { publish: 'allow', play: 'allow' } })
  assert.equal((await admit(lenient.name)).allow, true)
  assert.equal((await admit(lenient.name, { action: 'play' })).allow, true)
})

test('a backend of SRS is asked as SRS asks, and understood as SRS understands', async (t) => {
  const decider = await startDecider(t)
  decider.answer = answers('0')
  const events = ['connect', 'publish', 'play']
  const { name } = await hooked(decider.url, { events }, { callback_format: 'srs' })
  const client = { ip: '192.0.2.9', page_url: 'https://tv.example/watch' }
  assert.equal((await admit(name, { params: { token: 'a b' }, client })).allow, true)
  assert.equal((await admit(name, { action: 'play', protocol: 'http-flv', client })).allow, true)
  const [connect, publish, play, ...more] = decider.asked.map(({ body }) => body)
  assert.equal(more.length, 0)
  const { client_id: clientId, ...told } = publish
  assert.match(clientId, /^hk_/)
  assert.deepEqual(told, {
    server_id: node.id,
    action: 'on_publish',
    ip: '192.0.2.9',
    vhost: name,
    app: 'live',
    tcUrl: `rtmp://${name}/live`,
    stream: 'show',
    param: '?token=a%20b',
  })
  const orderOf = (question: object) => Object.keys(question).join(' ')
  assert.equal(orderOf(connect), 'server_id action client_id ip vhost app stream param tcUrl pageUrl')
  assert.deepEqual([connect.action, connect.pageUrl], ['on_connect', client.page_url])
  assert.equal(orderOf(play), 'server_id action client_id ip vhost app stream param pageUrl')
  assert.deepEqual([play.action, play.param], ['on_play', ''])

  const says = async (text: string, status?: number) => {
    decider.answer = answers(text, status)
    const { allow, code } = await admit(name)
    return allow ? 'allowed' : code
  }
  for (const yes of ['0', '{"code":0}', ' {"code": 0, "msg": "OK"} ']) assert.equal(await says(yes), 'allowed', yes)
  assert.equal(await says('{"code":0}', 201), 'allowed')
  for (const no of ['1', '-1', '{"code":403}']) assert.equal(await says(no), 'HOOK_DENIED', no)
  for (const none of ['0\n', ' 0', '"0"', '00.', '{"code":"0"}', '{}', '[0]', '', 'OK', '\uFEFF0']) {
    assert.equal(await says(none), 'HOOK_FAILED', JSON.stringify(none))
  }
  assert.equal(await says('0', 204), 'HOOK_FAILED')
  assert.equal(await says('0', 500), 'HOOK_FAILED')
})

test('a stream key and a hook are both needed on a keyed vhost that has one', async (t) => {
  const decider = await startDecider(t)
  const { name } = await hooked(decider.url, {}, { access: 'keyed' })
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { vhost: name, name: 'show' } })
  const { body: key } = await control.call('POST', `/v1/streams/${stream.id}/keys`)
  assert.equal((await admit(name)).code, 'KEY_REQUIRED')
  assert.equal(decider.asked.length, 0)
  decider.answer = answers('{"allow":true,"stream":"elsewhere"}')
  const grant = await admit(name, { stream: key.secret })
  assert.deepEqual([grant.stream, grant.key_id], ['show', key.id])
  assert.deepEqual([decider.asked[0]!.body.data.stream, decider.asked[0]!.body.data.key_id], ['show', key.id])
  assert.ok(!decider.asked[0]!.text.includes(key.secret))
  decider.answer = answers('{"allow":false}')
  assert.equal((await admit(name, { params: { key: key.secret } })).code, 'HOOK_DENIED')
})

test('after a rotation calls are signed with both secrets for a day, or with the new one alone', async (t) => {
  const decider = await startDecider(t)
  const { name, id, secret: first } = await hooked(decider.url)
  const rotate = async (body?: object): Promise<string> =>
    (await control.call('POST', `/v1/vhosts/${id}:rotate-hook-secret`, { body })).body.hook_secret
  /** Which of the secrets verify the next call, whose client nobody has asked about. */
  let clients = 0
  const verifying = async (secrets: string[]): Promise<string[]> => {
    await admit(name, { client: { ip: `198.51.100.${++clients}` } })
    const { text, headers } = decider.asked.at(-1)!
    const signatures = String(headers['webhook-signature'])
      .split(' ')
      .map((signature) => signature.split(',')[1])
    const at = new Date(Number(headers['webhook-timestamp']) * 1000)
    return secrets.filter((one) =>
      signatures.includes(new Webhook(one).sign(String(headers['webhook-id']), at, text).split(',')[1]),
    )
  }
  const second = await rotate()
  assert.deepEqual(await verifying([first, second]), [first, second])
  control.advance(23 * 3600 * 1000)
  assert.deepEqual(await verifying([first, second]), [first, second])
  control.advance(2 * 3600 * 1000)
  assert.deepEqual(await verifying([first, second]), [second])
  const third = await rotate({ overlap_s: 0 })
  assert.deepEqual(await verifying([first, second, third]), [third])
})

test('hooks need what they are made of: a secret when native, a hook for access by hook', async () => {
  const { body: page } = await control.call('GET', '/v1/vhosts?limit=100')
  const byDefault = page.data.find(({ name }: { name: string }) => name === '__defaultVhost__')
  const path = `/v1/vhosts/${byDefault.id}`
  const hook = { url: 'http://127.0.0.1:1/' }
  assert.equal((await control.call('PATCH', path, { body: { admission_hook: hook } })).body.code, 'HOOK_SECRET_MISSING')
  const { body } = await control.call('PATCH', path, { body: { access: 'hook' } })
  assert.deepEqual([body.code, body.errors[0].pointer], ['REQUEST_INVALID', '/admission_hook'])
  const rotated = await control.call('POST', `${path}:rotate-hook-secret`)
  assert.match(rotated.body.hook_secret, /^whsec_/)
  const patched = await control.call('PATCH', path, { body: { admission_hook: { ...hook, deadline_ms: 900 } } })
  assert.equal(patched.body.admission_hook.deadline_ms, 900)
  const again = await control.call('PATCH', path, { body: { admission_hook: { cache_ttl_s: 5 } } })
  assert.deepEqual(
    [again.body.admission_hook.deadline_ms, again.body.admission_hook.cache_ttl_s],
    [900, 5],
    'a patch changes what it names',
  )
  await control.call('PATCH', path, { body: { admission_hook: null } })
})
