import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Revenue } from '../../api/types';
import { fullCount, money } from '../../format';
import { leastAmount, monthName, shortMoney } from '../../statistics/format';
import { Chart } from '../../ui/chart/Chart';
import { Failure } from '../../ui/Failure';
import { FiguresTable } from '../../ui/FiguresTable';
import { Tiles } from '../../ui/Tiles';
import { useFailure } from '../../ui/useFailure';
import { salesWords as words } from '../../words/sales';
import { monthsUpTo } from './months';
import { revenueQuery } from './queries';

/** What a seller earned in one currency, which is not known at first. */
export function RevenueView({ userId, currency }: { userId: string; currency: string | undefined }) {
  const query = useQuery(revenueQuery(userId, currency));
  const failure = useFailure(query);
  if (failure !== null) return <Failure error={failure} onRetry={() => void query.refetch()} />;
  if (!query.data) return <div className="skeleton sales-skeleton" aria-hidden="true" />;
  return (
    <>
      <Totals revenue={query.data} />
      <Months revenue={query.data} now={query.dataUpdatedAt} />
      {query.data.topListings.length > 0 && <TopListings revenue={query.data} />}
    </>
  );
}

function Totals({ revenue }: { revenue: Revenue }) {
  const amount = (value: number) => money(value, revenue.currency);
  return (
    <div className="sales-totals">
      <Tiles
        items={[
          { name: words.totals.keep, value: amount(revenue.netRevenue), isMain: true },
          { name: words.totals.paid, value: amount(revenue.totalRevenue) },
          { name: words.totals.fees, value: amount(revenue.platformFees) },
          { name: words.totals.refunds, value: amount(revenue.refunds) },
          { name: words.totals.sold, value: fullCount(revenue.totalSales) },
          { name: words.totals.average, value: amount(revenue.averageSalePrice) },
        ]}
      />
      <p className="quiet small">{words.hint}</p>
    </div>
  );
}

function Months({ revenue, now }: { revenue: Revenue; now: number }) {
  const { byMonth, currency } = revenue;
  const points = useMemo(() => {
    const sold = new Map(byMonth.map((month) => [month.month, month]));
    return monthsUpTo(new Date(now), [...sold.keys()]).map((month) => {
      const { totalRevenue = 0, totalSales = 0, platformFees = 0, netRevenue = 0 } = sold.get(month) ?? {};
      return { at: month, value: totalRevenue, others: [fullCount(totalSales), money(platformFees, currency), money(netRevenue, currency)] };
    });
  }, [byMonth, currency, now]);
  return (
    <Chart
      title={words.byMonth}
      points={points}
      columns={words.months}
      shortName={(month) => monthName(month, 'short')}
      fullName={(month) => monthName(month, 'full')}
      shortValue={(value) => shortMoney(value, currency)}
      fullValue={(value) => money(value, currency)}
      least={leastAmount(currency)}
      note={words.monthsNote}
    />
  );
}

/** The ten listings that earned most, removed ones too. */
function TopListings({ revenue: { topListings, currency } }: { revenue: Revenue }) {
  const rows = topListings.map(({ listingId, title, totalSales, totalRevenue, netRevenue }) => ({
    key: listingId,
    name: (
      <Link to="/market/$listingId" params={{ listingId }}>
        <bdi>{title}</bdi>
      </Link>
    ),
    cells: [fullCount(totalSales), money(totalRevenue, currency), money(netRevenue, currency)],
  }));
  return (
    <section className="sales-section" aria-labelledby="sales-top">
      <h2 id="sales-top">{words.top}</h2>
      <FiguresTable label={words.top} columns={words.topColumns} rows={rows} />
    </section>
  );
}
