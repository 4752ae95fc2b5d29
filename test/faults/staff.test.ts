import { auditedReadFlows } from './audited-read-flows'
import { staffFlows } from './staff-flows'
import { sweepFlows } from './sweep-flows'

sweepFlows({ ...staffFlows, ...auditedReadFlows })
