import { AdmissionError } from './admission.ts'

/** Another server has the stream: RTMP players are sent there, others are refused. */
export class AdmissionRedirect extends AdmissionError {
  /** `rtmp://host[:port]/app/stream[?parameters]` */
  readonly url: string

  constructor(url: string) {
    super('STREAM_ELSEWHERE', 'another server has this stream')
    this.url = url
  }
}
