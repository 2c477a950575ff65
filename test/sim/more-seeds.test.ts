import { playSeedsOfCommit } from './commit-seeds.ts'

playSeedsOfCommit(13, 24)
