import type { AllWords } from '../translated';
import { account } from './account';
import { admin } from './admin';
import { chart } from './chart';
import { common } from './common';
import { editor } from './editor';
import { help } from './help';
import { market } from './market';
import { notices } from './notices';
import { playground } from './playground';
import { purchase } from './purchase';
import { sales } from './sales';
import { statistics } from './statistics';
import { tests } from './tests';

/** All words in German. */
export const german: AllWords = { common, account, admin, chart, editor, help, market, notices, playground, purchase, sales, statistics, tests };
