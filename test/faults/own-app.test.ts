import { moreOwnAppFlows, ownAppFlows } from './own-app-flows'
import { sweepFlows } from './sweep-flows'

sweepFlows({ ...ownAppFlows, ...moreOwnAppFlows })
