import { accountFlows } from './account-flows'
import { sweepFlows } from './sweep-flows'

sweepFlows(accountFlows)
