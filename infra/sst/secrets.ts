/** What the operator sets once for each stage: `sst secret set NAME VALUE`. */
export interface Secrets {
  /** `MILLRACE_SECRET`: 32 bytes in base64. Losing it loses every key, token and webhook secret. */
  root: sst.Secret
  adminToken: sst.Secret
  /** The join token: media nodes are let in with it. Scope `nodes:link` only. */
  nodeToken: sst.Secret
  drainToken: sst.Secret
}

/** Declares the secrets. */
export function createSecrets(): Secrets {
  return {
    root: new sst.Secret('MillraceSecret'),
    adminToken: new sst.Secret('MillraceAdminToken'),
    nodeToken: new sst.Secret('MillraceNodeToken'),
    drainToken: new sst.Secret('MillraceDrainToken'),
  }
}
