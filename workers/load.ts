/** A thread of the load generator of `cellarium bench`: its connections are far from the threads that they measure. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type LoadTask, runLoadThread } from '../src/bench/index.ts'

runLoadThread(workerData as LoadTask, parentPort as MessagePort)
