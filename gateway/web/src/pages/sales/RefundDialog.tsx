import { call, marketplaceApi } from '../../api/client';
import { isProblem } from '../../api/problem';
import type { Transaction } from '../../api/types';
import { money } from '../../format';
import { useSubmit } from '../../session/useSubmit';
import { Dialog } from '../../ui/Dialog';
import { FormProblem } from '../../ui/FormProblem';
import { toast } from '../../ui/Toasts';
import { words as common } from '../../words/en';
import { salesWords as words } from '../../words/sales';
import { refreshSales } from './queries';

interface RefundDialogProps {
  sale: Transaction;
  title: string;
  buyer: string;
  onClose: () => void;
  /** Follows a refund, once the list shows it. */
  onDone: () => void;
}

/** Gives a buyer their money back, after saying what that means. */
export function RefundDialog({ sale, title, buyer, onClose, onDone }: RefundDialogProps) {
  const amount = money(sale.amount, sale.currency);
  const { submit, isBusy, problem } = useSubmit(async () => {
    try {
      await call(marketplaceApi.POST('/api/marketplace/transactions/{id}/refund', { params: { path: { id: sale.id } } }));
    } catch (error) {
      // It may have been refunded elsewhere, or be settled by now.
      if (isProblem(error, 409, 503)) void refreshSales();
      throw error;
    }
    await refreshSales();
    toast(words.refunded(amount));
    onDone();
  });
  return (
    <Dialog title={words.refundTitle(amount)} onClose={onClose}>
      <p dir="auto">{words.refundExplanation(title, buyer)}</p>
      <form className="form" onSubmit={submit}>
        <FormProblem problem={problem} />
        {problem?.code === 'REFUND_PENDING' && <p className="small">{words.refundPending}</p>}
        <div className="form-row">
          <button type="submit" className="button danger" aria-disabled={isBusy}>
            {isBusy ? words.refunding : words.refundConfirm(amount)}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {common.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
