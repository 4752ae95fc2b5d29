/** A thread of empty-hashes.ts: posts those of its hashes that match the empty password. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadImportRules } from './import-rules.ts'

const hashes = workerData as readonly string[]
const { isHashOfEmptyPassword } = await loadImportRules()
const empty: string[] = []
for (const hash of hashes) if (await isHashOfEmptyPassword(hash)) empty.push(hash)
parentPort?.postMessage(empty)
