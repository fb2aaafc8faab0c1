import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import { testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'
import { at, namesOf, startApiNode, textAt, type Json } from './srs-api.test-support.ts'

const scope = new Scope()
after(() => scope.close())
const node = await startApiNode(scope, '', 'vhost __defaultVhost__ { }')
const { ask, get } = node

/** Of each endpoint the members of an answer, in the order of the reference. */
const GOLDEN: Readonly<Record<string, string>> = {
  '/': 'code,server,urls{api,rtc{v1{play,publish,nack}}}',
  '/api/': 'code,server,urls{v1}',
  '/api/v1/':
    'code,server,urls{versions,summaries,rusages,self_proc_stats,system_proc_stats,meminfos,authors,features,requests,vhosts,streams,clients,raw,clusters,perf,tcmalloc},tests{requests,errors,redirects,[vhost]}',
  '/api/v1/versions': 'code,server,data{major,minor,revision,version,millrace}',
  '/api/v1/summaries':
    'code,server,data{ok,now_ms,self{version,pid,ppid,argv,cwd,mem_kbyte,mem_percent,cpu_percent,srs_uptime},system{cpu_percent,disk_read_KBps,disk_write_KBps,disk_busy_percent,mem_ram_kbyte,mem_ram_percent,mem_swap_kbyte,mem_swap_percent,cpus,cpus_online,uptime,ilde_time,load_1m,load_5m,load_15m,net_sample_time,net_recv_bytes,net_send_bytes,net_recvi_bytes,net_sendi_bytes,srs_sample_time,srs_recv_bytes,srs_send_bytes,conn_sys,conn_sys_et,conn_sys_tw,conn_sys_udp,conn_srs}}',
  '/api/v1/rusages':
    'code,server,data{ok,sample_time,ru_utime,ru_stime,ru_maxrss,ru_ixrss,ru_idrss,ru_isrss,ru_minflt,ru_majflt,ru_nswap,ru_inblock,ru_oublock,ru_msgsnd,ru_msgrcv,ru_nsignals,ru_nvcsw,ru_nivcsw}',
  '/api/v1/self_proc_stats':
    'code,server,data{ok,sample_time,percent,pid,comm,state,ppid,pgrp,session,tty_nr,tpgid,flags,minflt,cminflt,majflt,cmajflt,utime,stime,cutime,cstime,priority,nice,num_threads,itrealvalue,starttime,vsize,rss,rsslim,startcode,endcode,startstack,kstkesp,kstkeip,signal,blocked,sigignore,sigcatch,wchan,nswap,cnswap,exit_signal,processor,rt_priority,policy,delayacct_blkio_ticks,guest_time,cguest_time}',
  '/api/v1/system_proc_stats':
    'code,server,data{ok,sample_time,percent,user,nice,sys,idle,iowait,irq,softirq,steal,guest}',
  '/api/v1/meminfos':
    'code,server,data{ok,sample_time,percent_ram,percent_swap,MemActive,RealInUse,NotInUse,MemTotal,MemFree,Buffers,Cached,SwapTotal,SwapFree}',
  '/api/v1/authors': 'code,server,data{license,contributors}',
  '/api/v1/features':
    'code,server,data{options,options2,build,build2,features{ssl,hls,hds,callback,api,httpd,dvr,transcode,ingest,stat,caster,complex_send,tcp_nodelay,so_sendbuf,mr}}',
  '/api/v1/tests/requests': 'code,server,data{uri,path,METHOD,headers{sigature,version,link,time}}',
  '/api/v1/tests/errors': 'code',
  '/api/v1/vhosts/': 'code,server,vhosts[]',
  '/api/v1/streams/': 'code,server,streams[]',
  '/api/v1/clients/': 'code,server,clients[]',
  '/api/v1/raw?rpc=raw':
    'code,http_api{enabled,listen,crossdomain,raw_api{enabled,allow_reload,allow_query,allow_update}}',
  '/api/v1/clusters': 'code,data{query{ip,vhost,app,stream},origin}',
}

for (const [endpoint, names] of Object.entries(GOLDEN)) {
  test(`${endpoint} has the members of SRS, in its order`, async () => {
    const answer = await ask(endpoint)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/json')
    assert.match(answer.headers.get('server') ?? '', /^SRS\/4\.0\.271\(Leo\) Millrace\/\d+\.\d+\.\d+$/)
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
    const body = await answer.text()
    assert.equal(Number(answer.headers.get('content-length')), Buffer.byteLength(body))
    assert.doesNotMatch(body, /undefined|NaN/)
    const value: Json = JSON.parse(body)
    assert.equal(namesOf(value), names)
    if (names.startsWith('code,server')) assert.equal(at(value, 'server'), 'vid-test001')
  })
}

test('what is unknown below /api/v1/ is answered with its index', async () => {
  const index = await get('/api/v1/')
  for (const path of ['/api/v1/perf', '/api/v1/requests', '/api/v1/tcmalloc', '/api/v1/foo/bar'])
    assert.deepEqual(await get(path), index)
})

test('the system endpoints tell of this process and machine', async () => {
  const self = await get('/api/v1/self_proc_stats')
  assert.equal(at(self, 'data.ok'), true)
  assert.equal(at(self, 'data.pid'), node.program.pid)
  assert.match(textAt(self, 'data.comm'), /^\(.+\)$/)
  assert.match(textAt(self, 'data.state'), /^[A-Z]$/)
  const summaries = await get('/api/v1/summaries')
  assert.equal(at(summaries, 'data.self.pid'), node.program.pid)
  assert.equal(at(summaries, 'data.self.version'), '4.0.271')
  assert.ok(Number(at(summaries, 'data.system.cpus')) >= 1)
  const memory = await get('/api/v1/meminfos')
  const [total, inUse, notInUse] = ['MemTotal', 'RealInUse', 'NotInUse'].map((name) =>
    Number(at(memory, `data.${name}`)),
  )
  assert.equal(total, (inUse ?? 0) + (notInUse ?? 0))
  assert.deepEqual(at(await get('/api/v1/versions'), 'data.version'), '4.0.271')
  assert.ok(Number(at(await get('/api/v1/rusages'), 'data.ru_maxrss')) > 10_000)
})

test('any verb will do where nothing is changed, and HEAD has no body', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    assert.equal(at(await get('/api/v1/versions', { method, ...(method === 'POST' && { body: 'x' }) }), 'code'), 0)
    assert.equal(at(await get('/api/v1/tests/requests', { method }), 'data.METHOD'), method)
  }
  const head = await ask('/api/v1/versions', { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
})

test('lists take GET alone, and clients DELETE', async () => {
  for (const [path, method] of [
    ['/api/v1/vhosts/', 'POST'],
    ['/api/v1/streams/', 'DELETE'],
    ['/api/v1/streams/vid-0000000', 'DELETE'],
    ['/api/v1/clients/', 'PUT'],
    ['/api/v1/clients/', 'HEAD'],
  ] as const) {
    const answer = await ask(path, { method })
    assert.equal(answer.status, 405, `${method} ${path}`)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/)
    if (method !== 'HEAD') assert.equal(await answer.text(), 'Method Not Allowed')
  }
})

test('what is not there has a number of SRS, or is not found', async () => {
  assert.deepEqual(await get('/api/v1/vhosts/vid-0000000'), { code: 2014 })
  assert.deepEqual(await get('/api/v1/streams/vid-0000000'), { code: 2048 })
  assert.deepEqual(await get('/api/v1/clients/00000000'), { code: 2049 })
  assert.deepEqual(await get('/api/v1/clients/00000000', { method: 'DELETE' }), { code: 2049 })
  assert.deepEqual(await get('/api/v1/clients/', { method: 'DELETE' }), { code: 2049 })
  assert.deepEqual(await get('/api/v1/tests/errors'), { code: 100 })
  for (const path of ['/foo', '/api.html', '/rtc', '/api/v1/..%2fversions']) {
    const answer = await ask(path)
    assert.equal(answer.status, 404, path)
    assert.equal(await answer.text(), 'Not Found')
  }
})

test('a folder without its slash is redirected to it, with the query', async () => {
  for (const path of ['/api', '/api/v1', '/api/v1/vhosts', '/api/v1/streams', '/api/v1/clients', '/console']) {
    const answer = await ask(`${path}?count=20`)
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, `${path}/?count=20`])
  }
  const answer = await ask('/api/v1/tests/redirects')
  assert.deepEqual([answer.status, answer.headers.get('location')], [301, '/api/v1/tests/errors'])
})

test('with a callback an answer is a script, and the verb may be a parameter', async () => {
  const script = await ask('/api/v1/versions?callback=jQuery.cb_1')
  assert.equal(script.headers.get('content-type'), 'text/javascript')
  assert.match(await script.text(), /^jQuery\.cb_1\(\{"code":0,"server":"vid-test001",.*\}\)$/)
  const deleted = await ask('/api/v1/clients/00000000?callback=f&method=DELETE')
  assert.equal(await deleted.text(), 'f({"code":2049})')
  assert.equal((await ask('/api/v1/vhosts/?callback=f&method=DELETE')).status, 405)
  // a method without a callback, and an empty callback, are nothing
  assert.equal(namesOf(await get('/api/v1/vhosts/?method=DELETE')), 'code,server,vhosts[]')
  assert.equal(namesOf(await get('/api/v1/vhosts/?callback=')), 'code,server,vhosts[]')
  for (const callback of ['alert(1)//', '<script>', 'a b', 'x'.repeat(129)]) {
    const answer = await ask(`/api/v1/versions?callback=${encodeURIComponent(callback)}`)
    assert.equal(answer.headers.get('content-type'), 'application/json')
    assert.deepEqual(await answer.json(), { code: 4058 })
  }
})

test('pages of other origins may read answers, and ask before', async () => {
  const cors = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, HEAD, PUT, DELETE, OPTIONS',
    'access-control-expose-headers': 'Server,range,Content-Length,Content-Range',
    'access-control-allow-headers':
      'origin,range,accept-encoding,referer,Cache-Control,X-Proxy-Authorization,X-Requested-With,Content-Type',
  }
  const headers = { origin: 'http://example.com' }
  for (const [path, method, status] of [
    ['/api/v1/versions', 'GET', 200],
    ['/api/v1/versions', 'OPTIONS', 200],
    ['/foo', 'OPTIONS', 200],
    ['/foo', 'GET', 404],
  ] as const) {
    const answer = await ask(path, { method, headers })
    assert.equal(answer.status, status)
    for (const [name, value] of Object.entries(cors)) assert.equal(answer.headers.get(name), value)
    if (method === 'OPTIONS') assert.equal(await answer.text(), '')
  }
})

test('an origin cluster is told what is asked, and of no origin where nobody publishes', async () => {
  assert.deepEqual(
    await get('/api/v1/clusters?ip=1.2.3.4&vhost=v&app=live&stream=x&coworker=a:1', { method: 'POST' }),
    {
      code: 0,
      data: { query: { ip: '1.2.3.4', vhost: 'v', app: 'live', stream: 'x' }, origin: null },
    },
  )
})

test('an origin cluster is told where a stream is that is published here, whatever host it was published at', async (t) => {
  await publishTestStream(testScope(t), node.ports.rtmp, 'clustered')
  const asked = await get('/api/v1/clusters?vhost=example.com&app=live&stream=clustered&coworker=10.0.0.9:1985', {
    method: 'POST',
  })
  assert.equal(namesOf(asked), 'code,data{query{ip,vhost,app,stream},origin{ip,port,vhost,api,routers[]}}')
  // what it listens at leads nowhere for others: its name is the one by which it was asked
  assert.deepEqual(at(asked, 'data.origin'), {
    ip: '10.0.0.9',
    port: node.ports.rtmp,
    vhost: '__defaultVhost__',
    api: '127.0.0.1:0',
    routers: ['127.0.0.1:0'],
  })
})

test('the raw API is off, but for what it tells of itself', async () => {
  assert.deepEqual(await get('/api/v1/raw?rpc=raw'), {
    code: 0,
    http_api: {
      enabled: true,
      listen: '127.0.0.1:0',
      crossdomain: true,
      raw_api: { enabled: false, allow_reload: false, allow_query: false, allow_update: false },
    },
  })
  for (const rpc of ['reload', 'reload-fetch', 'query', '']) {
    assert.deepEqual(await get(`/api/v1/raw?rpc=${rpc}`), { code: 1061 })
  }
})

test('the console is the folder of that name, and the API has no other file', async () => {
  const folder = path.join(node.folder, 'objs/nginx/html/console')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'index.html'), 'a console')
  await writeFile(path.join(node.folder, 'objs/nginx/html/a.txt'), 'a file')
  assert.equal(await (await ask('/console/')).text(), 'a console')
  assert.equal((await ask('/console/none.html')).status, 404)
  assert.equal((await ask('/a.txt')).status, 404)
})

test('the media port has the version and the streams, and nothing that changes or tells of the machine', async () => {
  const media = (url: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${node.ports.http}${url}`, { redirect: 'manual', ...init })
  assert.equal((await media('/api/v1/versions')).status, 200)
  assert.equal((await media('/api/v1/streams/')).status, 200)
  for (const url of ['/api/v1/summaries', '/api/v1/clients/', '/api/v1/raw?rpc=raw', '/api/v1/']) {
    assert.equal((await media(url)).status, 404, url)
  }
})
