import { factorFlows } from './factor-flows'
import { sweepFlows } from './sweep-flows'
import { moreTrustedDeviceFlows, trustedDeviceFlows } from './trusted-device-flows'

sweepFlows({ ...factorFlows, ...trustedDeviceFlows, ...moreTrustedDeviceFlows })
