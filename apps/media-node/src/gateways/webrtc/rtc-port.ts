import dgram from 'node:dgram'
import net from 'node:net'

import type { Logger, Scope } from '@millrace/core'
import { classify, localUfrag, type Path } from '@millrace/webrtc'

import { closerOf, listen, listenError, type Endpoint } from '../../io/listen.ts'
import type { PacketEngine, PacketSender } from '../../io/packet-engine/packet-engine.ts'
import type { RtcSession } from './session.ts'
import type { RtcSessions } from './sessions.ts'
import { TcpPath } from './tcp-path.ts'
import { UdpPath } from './udp-path.ts'

/** Of the operating system, each way: a key frame to a thousand players is many packets at once. */
const SOCKET_BUFFER_BYTES = 8 * 1024 * 1024

export interface RtcPortOptions {
  readonly engine: PacketEngine
  readonly sessions: RtcSessions
  readonly endpoint: Endpoint
  /** Whether peers may come by TCP too, at a port of the same number. */
  readonly tcp: boolean
  /** Most connections by TCP at once. */
  readonly maxConnections: number
  readonly logger: Logger
}

/** The port that all peers come to, by UDP and TCP. */
export interface RtcPort {
  readonly port: number
  /** Undefined if peers can't come by TCP. */
  readonly tcpPort: number | undefined
  readonly sender: PacketSender
}

/** Opens the port. `scope` closes it. Throws CodedError as `listen` does. */
export async function openRtcPort(options: RtcPortOptions, scope: Scope): Promise<RtcPort> {
  const { engine, endpoint, tcp } = options
  const socket = await bindUdp(endpoint)
  const sender = engine.openSender(socket)
  scope.defer(() => {
    sender.close()
    socket.close()
  })
  socket.on('message', ({ buffer, byteOffset, length }, { address, port }) =>
    // a Buffer's methods aren't those of an Uint8Array: its `slice` is no copy
    receiveUdp(options, sender, new Uint8Array(buffer, byteOffset, length), address, port),
  )
  socket.on('error', (error) => options.logger.error({ error: error.message }, 'UDP socket failed'))
  const { port } = socket.address()
  return { port, tcpPort: tcp ? await openTcp(options, port, scope) : undefined, sender }
}

function receiveUdp(
  { sessions }: RtcPortOptions,
  sender: PacketSender,
  datagram: Uint8Array,
  ip: string,
  port: number,
): void {
  const name = `${ip}|${port}`
  const known = sessions.byPath(name)
  const nowMs = performance.now()
  if (known && classify(datagram) !== 'stun') return known.session.receive(datagram, known.path, nowMs)
  const session = sessionOf(sessions, datagram)
  if (!session) return
  const path = known?.session === session ? known.path : new UdpPath({ ip, port }, sender)
  session.receive(datagram, path, nowMs)
  const { path: selected } = session
  // also when another session has had this address meanwhile
  if (known?.session !== session && selected && isSame(selected, path)) sessions.bind(name, session, selected)
}

const isSame = ({ address: a }: Path, { address: b }: Path): boolean =>
  a.ip === b.ip && a.port === b.port && a.transport === b.transport

/** The session that a STUN request is for; undefined for anything else. */
function sessionOf(sessions: RtcSessions, datagram: Uint8Array): RtcSession | undefined {
  const ufrag = classify(datagram) === 'stun' ? localUfrag(datagram) : null
  return ufrag === null ? undefined : sessions.byUfrag(ufrag)
}

async function bindUdp({ host, port }: Endpoint): Promise<dgram.Socket> {
  const socket = dgram.createSocket({ type: net.isIPv6(host) ? 'udp6' : 'udp4' })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    throw listenError(error, `WebRTC port ${port} (UDP) on ${host}`, { port })
  }
  // the system gives what it allows
  socket.setRecvBufferSize(SOCKET_BUFFER_BYTES)
  socket.setSendBufferSize(SOCKET_BUFFER_BYTES)
  return socket
}

async function openTcp(options: RtcPortOptions, port: number, scope: Scope): Promise<number> {
  const { sessions, maxConnections, endpoint } = options
  const server = net.createServer({ noDelay: true }, (socket) => {
    const path = new TcpPath(socket, (datagram) => {
      const nowMs = performance.now()
      const known = sessions.byPath(path.name)
      if (known && classify(datagram) !== 'stun') return known.session.receive(datagram, path, nowMs)
      const session = known?.session ?? sessionOf(sessions, datagram)
      // who begins with anything but a request of ours is no peer
      if (!session) return socket.destroy()
      session.receive(datagram, path, nowMs)
      if (!known && session.path === path) sessions.bind(path.name, session, path)
      return undefined
    })
    socket.once('close', () => sessions.unbind(path.name, path))
  })
  server.maxConnections = maxConnections
  scope.defer(closerOf(server))
  return listen(server, { host: endpoint.host, port: endpoint.port === 0 ? 0 : port }, 'WebRTC (TCP)')
}
