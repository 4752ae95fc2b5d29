import { morePasskeyFlows, passkeyFlows } from './passkey-flows'
import { stepUpFlows } from './step-up-flows'
import { sweepFlows } from './sweep-flows'

sweepFlows({ ...passkeyFlows, ...morePasskeyFlows, ...stepUpFlows })
