import assert from 'node:assert/strict'
import test from 'node:test'

import { audioTrack, videoTrack } from '@millrace/testkit'

import { describeAudio, describeVideo } from './describe-tracks.ts'

test('profile and level have the names of SRS', () => {
  const video = (codec: 'h264' | 'hevc' | 'av1', codecString: string): unknown[] => {
    const described = describeVideo({ ...videoTrack(), codec, codecString })
    return Object.values(described ?? {}).slice(0, 3)
  }
  assert.deepEqual(video('h264', 'avc1.42c01e'), ['H264', 'Baseline', '3'])
  assert.deepEqual(video('h264', 'avc1.64001f'), ['H264', 'High', '3.1'])
  assert.deepEqual(video('h264', 'avc1.6e0033'), ['H264', 'High(10)', '5.1'])
  assert.deepEqual(video('h264', 'avc1.f40028'), ['H264', 'High(444+Predictive)', '4'])
  assert.deepEqual(video('h264', 'avc1.010028'), ['H264', 'Other', '4'])
  assert.deepEqual(video('h264', ''), ['H264', 'Other', 'Other'])
  assert.deepEqual(video('hevc', 'hvc1.1.6.L93.B0'), ['HEVC', 'Main', '3.1'])
  assert.deepEqual(video('hevc', 'hev1.2.4.H153.B0'), ['HEVC', 'Main10', '5.1'])
  assert.deepEqual(video('av1', 'av01.0.08M.08'), ['AV1', 'Other', 'Other'])
  assert.equal(describeVideo(undefined), null)
})

test('audio has the profile of its object type', () => {
  const profile = (codecString: string): unknown =>
    Object.values(describeAudio({ ...audioTrack(), codecString }) ?? {})[3]
  assert.deepEqual(['mp4a.40.2', 'mp4a.40.5', 'mp4a.40.29', 'mp4a.6b'].map(profile), ['LC', 'HE', 'HEv2', 'Other'])
  assert.equal(describeAudio(undefined), null)
})
