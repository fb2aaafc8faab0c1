import type { AmfValue } from '@millrace/amf'

import { writeCommand } from './command.ts'
import { writeData } from './data.ts'
import type { MessageChannel } from './message-channel.ts'
import { CHUNK_STREAM, STREAM_ID, type RtmpMessage } from './message.ts'
import { USER_CONTROL, userControl } from './user-control.ts'

/** An `onStatus` of the stream. @see Adobe RTMP 1.0 §7.2.2 */
export function sendStatus(
  channel: MessageChannel,
  level: 'status' | 'error',
  code: string,
  description: string,
): void {
  sendInfo(channel, 'onStatus', { level, code, description })
}

/**
 * RTMP 302: says where the stream is to be had, in the form of SRS. `redirect` is the URL without the stream, for clients that take
 * it for a `tcUrl`, `redirect2` the whole.
 */
export function sendRedirect(channel: MessageChannel, url: string): void {
  const redirect = /^(.*)\/[^/]*$/.exec(url.replace(/\?.*$/s, ''))?.[1] ?? url
  const info = {
    level: 'error',
    code: 'NetConnection.Connect.Rejected',
    description: 'RTMP 302 Redirect',
    ex: { code: 302, redirect, redirect2: url },
  }
  channel.sendCommand(0, 'onStatus', 0, [null, info])
}

/** The answer to a `connect` that is refused, in the form of SRS. */
export function sendConnectRejection(channel: MessageChannel, description: string): void {
  const info = { level: 'error', code: 'NetConnection.Connect.Rejected', description }
  channel.sendCommand(0, 'onStatus', 0, [null, info])
}

/** The answers to a publish that was accepted. FMLE and what imitates it expect `onFCPublish` first. */
export function sendPublishStart(channel: MessageChannel, isFmle: boolean): void {
  const code = 'NetStream.Publish.Start'
  if (isFmle) sendInfo(channel, 'onFCPublish', { code, description: 'Started publishing' })
  sendStatus(channel, 'status', code, 'Started publishing')
}

/** The answers to FCUnpublish. */
export function sendUnpublish(channel: MessageChannel): void {
  const code = 'NetStream.Unpublish.Success'
  sendInfo(channel, 'onFCUnpublish', { code, description: 'Stopped publishing' })
  sendStatus(channel, 'status', code, 'Stopped publishing')
}

/** The answers to a play that was accepted, in the order of SRS and Flash Media Server. */
export function sendPlayStart(channel: MessageChannel, stream: string): void {
  sendUserControl(channel, USER_CONTROL.streamBegin)
  sendStatus(channel, 'status', 'NetStream.Play.Reset', `Playing and resetting ${stream}`)
  sendStatus(channel, 'status', 'NetStream.Play.Start', `Started playing ${stream}`)
  send(channel, writeData(STREAM_ID, ['|RtmpSampleAccess', true, true]))
  send(channel, writeData(STREAM_ID, ['onStatus', { code: 'NetStream.Data.Start' }]))
}

/** The answers to `pause`. */
export function sendPause(channel: MessageChannel, paused: boolean): void {
  if (paused) sendStatus(channel, 'status', 'NetStream.Pause.Notify', 'Paused')
  else sendStatus(channel, 'status', 'NetStream.Unpause.Notify', 'Playing again')
  sendUserControl(channel, paused ? USER_CONTROL.streamEof : USER_CONTROL.streamBegin)
}

/** StreamBegin, StreamEOF or another event of the stream. */
export function sendUserControl(channel: MessageChannel, event: number): void {
  channel.sendMessage(CHUNK_STREAM.control, userControl(event, STREAM_ID))
}

function sendInfo(channel: MessageChannel, command: string, info: AmfValue): void {
  send(channel, writeCommand(STREAM_ID, command, 0, [null, info]))
}

function send(channel: MessageChannel, message: RtmpMessage): void {
  channel.sendMessage(CHUNK_STREAM.data, message)
}
