import { AdmissionError } from './admission.ts'

/** A refusal of which the client is told nothing: its connection is closed, as SRS does. */
export class SilentRefusal extends AdmissionError {
  constructor({ code, message }: AdmissionError) {
    super(code, message)
  }
}
