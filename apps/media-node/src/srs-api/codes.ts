/** SRS's numbers that the API answers with. @see SRS 4 `srs_kernel_error.hpp` */
export const SRS_CODES = {
  config: 1023,
  rawBadRpc: 1060,
  rawDisabled: 1061,
  vhostNotFound: 2014,
  streamNotFound: 2048,
  clientNotFound: 2049,
  testError: 100,
  jsonp: 4058,
} as const
