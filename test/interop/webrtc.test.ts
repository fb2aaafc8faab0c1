import assert from 'node:assert/strict'
import test from 'node:test'

import { eventually } from '../support/eventually.ts'
import { startMediaNode } from '../support/media-node.ts'
import { openRtcPage, startRtcChromium } from '../support/rtc-page.ts'
import { testScope } from '../support/scope.ts'

for (const codec of ['h264', 'vp8', 'vp9', 'av1'] as const) {
  test(`Chromium publishes ${codec} and Opus by WHIP, two others play by WHEP`, async (t) => {
    const scope = testScope(t)
    const node = await startMediaNode(scope, { env: { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' } })
    const browser = await startRtcChromium(scope)
    const publisher = await openRtcPage(scope, browser)
    await publisher.publish(node.httpUrl('live/camera/whip'), { codec })
    const players = await Promise.all([openRtcPage(scope, browser), openRtcPage(scope, browser)])
    for (const player of players) await player.play(node.httpUrl('live/camera/whep'))
    for (const player of players) {
      await eventually('pictures and sound', async () => {
        const { video, audio } = await player.statistics()
        assert.ok((video.framesDecoded ?? 0) > 10, `decoded ${video.framesDecoded}`)
        // a busy machine makes Chromium send a smaller picture
        assert.ok((video.frameWidth ?? 0) > 0)
        assert.ok((audio.totalAudioEnergy ?? 0) > 0, `energy ${audio.totalAudioEnergy}`)
        return true
      })
    }
  })
}
