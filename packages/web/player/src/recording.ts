export { formatDuration, formatTime } from './recording/clock-text.ts'
export { defineRecordingPlayer, RecordingPlayer } from './recording/recording-player.ts'
export type { Marks, RecordingSource } from './recording/recording-player.ts'
export type { TimelineGap } from './recording/timeline.ts'
