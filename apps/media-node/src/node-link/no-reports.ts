import type { ReportSink } from './reporter.ts'

/** For a node without control plane. */
export const noReports: ReportSink = { report() {} }
