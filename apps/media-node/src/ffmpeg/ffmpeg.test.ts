import assert from 'node:assert/strict'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'

import { loadConfig } from '@millrace/config'

import { inputArgs, outputArgs, type Engine } from './engine.ts'
import { logFile } from './log-file.ts'
import { isThisMachine, rtmpTarget } from './own-stream.ts'

function engineOf(directives: string): Engine {
  const text = `listen 1935; vhost v { transcode { enabled on; engine e { enabled on; ${directives} } } }`
  const { config } = loadConfig('x.conf', { files: { read: () => text, glob: () => [] } })
  const engine = config?.vhost[0]?.transcode[0]?.engine[0]
  assert.ok(engine)
  return engine
}

test('every parameter of an engine becomes the options that SRS makes of it, in its order', () => {
  const engine = engineOf(`
    perfile { re; rtsp_transport tcp; }
    iformat flv;
    vfilter { i ./logo.png; filter_complex 'overlay=10:10'; }
    vcodec libx264; vbitrate 500; vfps 25; vwidth 769; vheight 432; vthreads 2; vprofile main; vpreset medium;
    vparams { t 100; coder 1; }
    acodec aac; abitrate 70; asample_rate 44100; achannels 2; aparams { profile:a aac_low; }
    oformat flv;
  `)
  const input = 'rtmp://127.0.0.1:1935/live?vhost=v/x'
  assert.deepEqual(
    [...inputArgs(engine, input), ...outputArgs(engine, 'OUT')].join(' '),
    [
      '-re -rtsp_transport tcp -f flv -i rtmp://127.0.0.1:1935/live?vhost=v/x',
      '-i ./logo.png -filter_complex overlay=10:10',
      '-vcodec libx264 -b:v 500000 -r 25 -s 768x432 -aspect 768:432 -threads 2 -profile:v main -preset medium -t 100 -coder 1',
      '-acodec aac -b:a 70000 -ar 44100 -ac 2 -profile:a aac_low',
      '-f flv -y OUT',
    ].join(' '),
  )
})

test('what is copied, left out or off has no options', () => {
  const engine = engineOf(`
    iformat off; vcodec vn; vbitrate 500; acodec copy; abitrate 70; aparams { bsf:a aac_adtstoasc; profile:a aac_low; } oformat off;
  `)
  assert.deepEqual(inputArgs(engine, 'rtmp://x/y/z'), ['-i', 'rtmp://x/y/z'])
  assert.deepEqual(outputArgs(engine, 'OUT'), ['-vn', '-acodec', 'copy', '-bsf:a', 'aac_adtstoasc', '-y', 'OUT'])
  const transport = engineOf('vcodec copy; vfps 5; acodec an; oformat mpegts;')
  assert.equal(outputArgs(transport, 'OUT').join(' '), '-vcodec copy -an -f mpegts -y OUT')
})

test('pictures need neither profile nor preset, and a file no format', () => {
  const engine = engineOf('vcodec png; vfps 1; vthreads 0; acodec an; oformat image2;')
  assert.deepEqual(inputArgs(engine, './a.flv'), ['-i', './a.flv'])
  assert.deepEqual(outputArgs(engine, './p.png').join(' '), '-vcodec png -r 1 -an -f image2 -y ./p.png')
})

test('an engine without encoders is none', () => {
  assert.throws(() => outputArgs(engineOf('acodec aac;'), 'OUT'), { code: 'FFMPEG_CODEC' })
  assert.throws(() => outputArgs(engineOf('vcodec copy;'), 'OUT'), { code: 'FFMPEG_CODEC' })
})

test('logs are in one folder, whatever streams are called', () => {
  assert.equal(
    logFile('./objs', 'ffmpeg-encoder', 'v', 'a/b', '../x', ''),
    path.resolve('objs/ffmpeg-encoder-v-a_b-.._x.log'),
  )
  assert.equal(logFile('/dev/null', 'x'), undefined)
})

test('RTMP URLs name vhost, app and stream wherever the vhost stands', () => {
  const own = { host: '127.0.0.1', port: 1935, vhost: 'v', app: 'live', stream: 'x' }
  assert.deepEqual(rtmpTarget('rtmp://127.0.0.1:1935/live?vhost=v/x'), own)
  assert.deepEqual(rtmpTarget('rtmp://127.0.0.1/live/x?vhost=v&token=t'), own)
  assert.deepEqual(rtmpTarget('rtmp://[::1]:19350/a/b/x'), {
    ...own,
    host: '::1',
    port: 19_350,
    vhost: '[::1]',
    app: 'a/b',
  })
  for (const url of ['', 'http://a/b/c', 'rtmp://a', 'rtmp://a/b', './x.flv']) assert.equal(rtmpTarget(url), undefined)
})

test('the machine knows its addresses', () => {
  const [{ address } = { address: '127.0.0.1' }] = Object.values(os.networkInterfaces())[0] ?? []
  for (const host of ['localhost', '127.0.0.2', '::1', address]) assert.equal(isThisMachine(host), true, host)
  for (const host of ['example.com', '192.0.2.1']) assert.equal(isThisMachine(host), false, host)
})
