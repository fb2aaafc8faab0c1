/** Of the node, as it tells everybody. */
export const VERSION = '0.1.0'
