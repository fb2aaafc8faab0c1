import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from './admission.ts'

/**
 * An admission that can be closed: a node that is drained takes nobody new. HLS is left to what knows its viewers, as each of
 * their requests asks for admission.
 */
export class DrainableAdmission implements Admission {
  readonly #admission: Admission
  #draining = false

  constructor(admission: Admission) {
    this.#admission = admission
  }

  get draining(): boolean {
    return this.#draining
  }

  set draining(draining: boolean) {
    this.#draining = draining
  }

  /** @throws AdmissionError `NODE_DRAINING`, and what the admission behind it throws */
  async admit(request: AdmissionRequest): Promise<Grant> {
    if (this.#draining && request.protocol !== 'hls')
      throw new AdmissionError('NODE_DRAINING', 'this server is being drained, try another')
    return this.#admission.admit(request)
  }
}
