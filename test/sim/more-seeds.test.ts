import { playSeedsOfCommit } from './commit-seeds.ts'

playSeedsOfCommit(51, 100)
