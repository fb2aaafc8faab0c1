/**
 * Worker thread: strips the types of the TypeScript sources in `workerData` (string[]), posts the JavaScript
 * (string[]) and ends. The thread's own warning filter keeps the API's experimental notice out of the node's log,
 * and the parser's memory goes with the thread.
 */
import { stripTypeScriptTypes } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

const sources = workerData as readonly string[]
parentPort?.postMessage(sources.map((source) => stripTypeScriptTypes(source)))
