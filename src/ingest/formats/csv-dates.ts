import type { BusinessDate } from '../../business-date.ts';
import { compileDatePattern, type DatePattern, dayOf, type LocalTime } from '../../date-pattern.ts';
import { abbreviationOffset, dayIn, instantAt, instantsIn, isTimeZone } from '../../local-time.ts';
import type { Slot } from './csv-plans.ts';
import type { DateRules } from './csv-profile.ts';
import { detached } from './csv-text.ts';

/** Why a text is not a day. */
export interface DateRefusal {
  readonly reason:
    | 'BAD_DATE'
    | 'DATE_RANGE'
    | 'UNKNOWN_ZONE'
    | 'LOCAL_TIME_NONEXISTENT'
    | 'LOCAL_TIME_AMBIGUOUS';
  readonly message: string;
}

/** So many texts are remembered; a report has few days and many rows. */
const REMEMBERED = 8_192;

/** Reads the days of one file by its profile's patterns and zone; never by the reader's own clock or zone. */
export class DateReader {
  /** Where a row says its zone; `null` when no row does. */
  readonly zoneSlot: Slot | null;
  readonly #rules: DateRules;
  readonly #patterns: readonly DatePattern[];
  readonly #zoneNames: ReadonlyMap<string, string>;
  readonly #known = new Map<string, BusinessDate | DateRefusal>();
  readonly #days = new Map<number, BusinessDate>();

  constructor(rules: DateRules, zoneSlot: Slot | null) {
    this.zoneSlot = zoneSlot;
    this.#rules = rules;
    const { zone } = rules;
    this.#zoneNames = new Map(Object.entries((typeof zone === 'object' && zone.names) || {}));
    this.#patterns = rules.patterns
      .map((pattern) => compileDatePattern(pattern, rules.months))
      .filter((pattern) => typeof pattern !== 'string');
  }

  /** The day that a text means; `zone` is what the row's zone column says. */
  read(text: string, zone: string): BusinessDate | DateRefusal {
    const { zone: zoneRule, day_in: counting, earliest, latest } = this.#rules;
    if ((zoneRule ?? counting ?? earliest ?? latest) === undefined) return this.#written(text);
    const key = zone === '' ? text : `${text}|${zone}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const day = this.#bounded(this.#dayOf(text, zone));
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(detached(key), day);
    return day;
  }

  /** The day as written, when nothing else is asked: times differ from row to row, days seldom do. */
  #written(text: string): BusinessDate | DateRefusal {
    const time = this.#timeOf(text);
    if (time === undefined) return this.#unreadable();
    const number = (time.year * 100 + time.month) * 100 + time.day;
    const known = this.#days.get(number);
    if (known !== undefined) return known;
    const day = dayOf(time);
    if (day === undefined) return this.#unreadable();
    this.#days.set(number, day);
    return day;
  }

  #unreadable(): DateRefusal {
    const shapes = this.#rules.patterns.join(' or ');
    return { reason: 'BAD_DATE', message: `is not a day written as ${shapes}` };
  }

  #dayOf(text: string, zoneName: string): BusinessDate | DateRefusal {
    const time = this.#timeOf(text);
    const written = time === undefined ? undefined : dayOf(time);
    if (time === undefined || written === undefined) return this.#unreadable();
    if (time.second === null) return written;
    const instants = this.#instantsOf(time, zoneName);
    if ('reason' in instants) return instants;
    const { day_in: counting } = this.#rules;
    if (counting === undefined) return written;
    const days = new Set(instants.map((instant) => dayIn(counting, instant)));
    const [day] = days;
    if (days.size === 1 && day !== undefined) return day;
    const message = `is a time whose day in ${counting} cannot be told without its offset`;
    return { reason: 'LOCAL_TIME_AMBIGUOUS', message };
  }

  #timeOf(text: string): LocalTime | undefined {
    for (const pattern of this.#patterns) {
      const time = pattern(text);
      if (time !== undefined) return time;
    }
    return undefined;
  }

  /** Every instant a time may mean; none when nothing says its zone. */
  #instantsOf(time: LocalTime, zoneName: string): readonly number[] | DateRefusal {
    if (time.offsetMinutes !== null) return [instantAt(time, time.offsetMinutes)];
    const { zone } = this.#rules;
    if (zone === undefined) return [];
    const name = typeof zone === 'string' ? zone : (this.#zoneNames.get(zoneName) ?? zoneName);
    const offset = abbreviationOffset(name);
    if (offset !== undefined) return [instantAt(time, offset)];
    if (name === '' || !isTimeZone(name)) {
      return { reason: 'UNKNOWN_ZONE', message: `has the time zone "${name}", which is not known` };
    }
    const instants = instantsIn(name, time);
    if (instants.length > 0) return instants;
    const message = `is a time that the clocks of ${name} pass over`;
    return { reason: 'LOCAL_TIME_NONEXISTENT', message };
  }

  #bounded(day: BusinessDate | DateRefusal): BusinessDate | DateRefusal {
    const { earliest, latest } = this.#rules;
    if (typeof day !== 'string') return day;
    const isBefore = earliest !== undefined && day < earliest;
    if (!isBefore && (latest === undefined || day <= latest)) return day;
    const message = `is not between ${earliest ?? 'the first day'} and ${latest ?? 'the last'}`;
    return { reason: 'DATE_RANGE', message };
  }
}
